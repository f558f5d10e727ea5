"""What `nn.Einsum((d, f), "td,df->tf")` makes and gives: NNX is told its bias, which Linen reads from the equation."""

from collections.abc import Mapping, Sequence

from .found import Sizes
from .functions.contractions import contracted, equation_text
from .terms import Kind, Term, choice, const
from .values import Array, Items, Use, Value

_NONE = const(None)


def equation_of(given: Mapping[str, Value], use: Use) -> tuple[Value, bool]:
    """Returns the equation that a call computes, and whether the call gives it: one of the two places has it."""
    own = given.get("einsum_str", _NONE)
    at_call = use.args[1] if len(use.args) > 1 else use.keywords.get("einsum_str", _NONE)
    return (own, False) if at_call == _NONE else (at_call, True)


def sizes(given: Mapping[str, Value], use: Use) -> Sizes:
    equation, at_call = equation_of(given, use)
    text = equation if equation_text(equation) is not None and isinstance(equation, Term) else None
    told: Sizes = (("einsum_str", text),) if at_call else ()
    used = given.get("use_bias", const(True))
    if used == const(False):
        return told
    bias = bias_shape(equation, given.get("shape"))
    if bias is None or not isinstance(used, Term):
        return (*told, ("bias_shape", None))
    return (*told, ("bias_shape", choice(used, bias, _NONE)))


def bias_shape(equation: Value, shape: Value) -> Term | None:
    """The axes of the kernel that are there in the result, in its order; None where that is not told."""
    text = equation_text(equation) or ""
    kernel = _axes(text, shape)
    if kernel is None:
        return None
    result = text.partition("->")[2].replace("...", ".")
    found = [size for axis in result for size in kernel.get(axis, ())]
    known = tuple(size for size in found if isinstance(size, Term))
    return Term(Kind.TUPLE, None, known) if len(known) == len(found) else None


def _axes(text: str, shape: Value) -> Mapping[str, Sequence[Value]] | None:
    """The sizes of the kernel by their letters; a point stands for the dots."""
    if not isinstance(shape, Items):
        return None
    inputs, arrow, _ = text.partition("->")
    front, dots, back = inputs.rpartition(",")[2].partition("...")
    letters, many = front + back, len(shape.items) - len(front + back)
    fits = many >= 0 if dots else many == 0
    if not arrow or inputs.count(",") != 1 or not fits or len(set(letters)) < len(letters):
        return None
    single = [*shape.items[: len(front)], *shape.items[len(front) + many :]]
    pairs = zip(letters, single, strict=True)
    return {letter: (size,) for letter, size in pairs} | {".": shape.items[len(front) : len(front) + many]}


def output(given: Mapping[str, Value], first: Array, use: Use) -> Value:
    shape = given.get("shape")
    items = shape.items if isinstance(shape, Items) else None
    axes = tuple(size if isinstance(size, Term) else None for size in items or ())
    kernel = Array(None, 0, axes, len(axes)) if items is not None else None
    return contracted(equation_of(given, use)[0], (first, kernel))
