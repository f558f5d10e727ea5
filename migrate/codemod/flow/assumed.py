"""An argument that one path reshapes by the sizes of another: `if context.ndim == 4: context.reshape(b, h * w, c)`."""

from dataclasses import replace

from .terms import Kind, Term
from .values import SOMEWHERE, Array, Assumed, Use


def assumed(yes: Array, no: Array) -> Assumed | None:
    """Returns an argument that keeps its last axis on one path and has that of another argument on the other."""
    for own, other in ((yes, no), (no, yes)):
        last, end = own.at(-1), other.at(-1)
        if last is None or end is None or last.kind is not Kind.DIM or end.kind is not Kind.DIM:
            continue
        kept = own.argument is not None and not own.cut and not own.tail and other.root is None
        if kept and end.value.array != last.value.array:
            return Assumed(Array(SOMEWHERE, 1, (last,)), end)
    return None


def read_by(use: Use) -> tuple[Use, Term | None]:
    """Returns the call of a layer with the array that it reads, and the size that its last axis is taken to have."""
    first = use.args[0] if use.args else None
    if not isinstance(first, Assumed):
        return use, None
    return replace(use, args=(first.array, *use.args[1:])), first.other
