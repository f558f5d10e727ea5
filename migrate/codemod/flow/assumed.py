"""Arguments that have one number of features: one that is reshaped by another, `x + y` that a layer reads."""

from collections.abc import Mapping
from dataclasses import replace

from ..model import Method
from .terms import Kind, Term
from .values import SOMEWHERE, Array, Assumed, Either, Use


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


def _one_on_the_other(array: Array, methods: Mapping[str, Method]) -> Array | Assumed:
    """`x * mask`, of two arguments of a method: it is taken to have the features of the one that comes first."""
    ranks = array.root.ranks if isinstance(array.root, Either) and not array.cut and not array.tail else ()
    roots = [rank.root for rank in ranks if rank.root is not None and not rank.more]
    if len(roots) != 2 or len(ranks) != 2 or roots[0][0] != roots[1][0]:
        return array
    order = methods[roots[0][0]].parameters
    if not {name for _, name in roots} <= {*order}:
        return array
    one, two = (Array(root).at(-1) for root in sorted(roots, key=lambda root: order.index(root[1])))
    return Assumed(Array(array.root, 1, (one,)), two) if one is not None and two is not None else array


def read_by(use: Use, methods: Mapping[str, Method]) -> tuple[Use, Term | None]:
    """Returns the call of a layer with the array that it reads, and the size that its last axis is taken to have."""
    first = use.args[0] if use.args else None
    first = _one_on_the_other(first, methods) if isinstance(first, Array) else first
    if not isinstance(first, Assumed):
        return use, None
    array = first.array
    return replace(use, args=tuple(array if a == use.args[0] else a for a in use.args)), first.other
