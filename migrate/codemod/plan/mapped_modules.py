"""Modules behind `jax.vmap`: nothing but reading their params works there in NNX, as in Linen."""

from collections.abc import Sequence

from ..constructions import Construction
from ..flow.values import Use
from ..mapped_calls import mapped_call
from ..model import Refused
from ..names import Names
from .iteration_rules import collections_of, draws
from .layer_rules import KEYWORD_ONLY, has_modes
from .records import ClassPlan
from .sown import sows


def check_mapped(
    names: Names, construction: Construction, child: ClassPlan | None, uses: Sequence[Use], moved: Sequence[object]
) -> None:  # fmt: skip
    """Raises Refused where a module behind `jax.vmap` would write something, draw, or be called otherwise in NNX."""
    use = next((u for u in uses if mapped_call(u.call, names) is not None), None)
    if use is None:
        return
    layer, kind = construction.layer, construction.kind
    if (
        not collections_of(construction, child) <= {"params"}
        or draws(construction, child)
        or (child is not None and sows(child))
    ):
        raise Refused("MN102", use.call, f"`{kind}` does more behind jax.vmap than reading its params")
    modes = has_modes(construction) or construction.merged or (child is not None and child.asked)
    named = layer is not None and layer.linen in KEYWORD_ONLY
    if moved or modes or named or construction.lifted is not None or construction.choice:
        raise Refused(
            "MN102", use.call, f"`{kind}` is called in another way in NNX, and jax.vmap is around it"
        )
