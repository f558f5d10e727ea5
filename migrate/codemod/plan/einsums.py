"""What has to be known of an `nn.Einsum`: NNX's is made with its equation, and with the shape of its bias."""

from ..flow.einsums import equation_of, sizes
from ..flow.found import Found
from ..flow.terms import Term, const
from ..model import Refused


def check_einsum(found: Found) -> None:
    """Raises Refused where the constructor of NNX cannot be told what the calls of Linen say."""
    made = found.construction
    if made.layer is None or made.layer.linen != "Einsum":
        return
    if not made.factory.direct or made.factory.bound or made.spread or made.lifted is not None:
        reason = (
            "nn.Einsum takes its arguments in another order than nnx.Einsum, and is not made by its own name"
        )
        raise Refused("MN101", made.call, f"{reason} with all of them")
    if not found.uses:
        raise Refused("MN101", made.call, "where nn.Einsum is called, which tells its bias, is not followed")
    told = [sizes(found.values, use) for use in found.uses]
    for use, each in zip(found.uses, told, strict=True):
        at_call = equation_of(found.values, use)[1]
        if at_call and "einsum_str" in made.given and found.values["einsum_str"] != const(None):
            raise Refused(
                "MN109", use.call, "the equation of nn.Einsum is given to the constructor and to the call"
            )
        for name, size in each:
            _check_told(found, name, size)
        if each != told[0]:
            reason = "calls of one nn.Einsum give it more than one equation, and nnx.Einsum is made with one"
            raise Refused("MN109", use.call, reason)


def _check_told(found: Found, name: str, size: Term | None) -> None:
    if size is not None:
        return
    if name == "einsum_str":
        reason = (
            "nnx.Einsum is made with its equation, which this call gives and the constructor does not know"
        )
        raise Refused("MN109", found.uses[0].call, reason)
    reason = "nnx.Einsum is made with the shape of its bias, which no literal equation and tuple of sizes tell here"
    raise Refused("MN109", found.construction.call, reason)
