"""Arguments that have one number of features: one that is reshaped by another, `x + y` that a layer reads."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeGuard

from ..model import Method
from .terms import Kind, Term
from .values import SOMEWHERE, Array, Assumed, Either, Use, Value


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


def _of_first(array: Array, sizes: Sequence[Term], methods: Mapping[str, Method]) -> Array | Assumed:
    """What two arguments are added to, `(x + h) + position`, has the features of the one that comes first."""
    order = methods[sizes[0].value.method].parameters
    if not {size.value.array for size in sizes} <= {*order}:
        return array
    one, two = sorted(sizes, key=lambda size: order.index(size.value.array))
    return Assumed(array.with_last(one), two)


def read_by(use: Use, methods: Mapping[str, Method]) -> tuple[Use, set[tuple[Term, Term]]]:
    """Returns the call of a layer with the arrays that it reads, and pairs of sizes that are taken to be the same."""
    read = {value: _read(value, methods) for value in (*use.args, *use.keywords.values()) if _is_array(value)}
    found = {value: one for value, one in read.items() if isinstance(one, Assumed)}
    arrays = {value: one.array for value, one in found.items()}
    args = tuple(arrays.get(a, a) if _is_array(a) else a for a in use.args)
    keywords = {name: arrays.get(a, a) if _is_array(a) else a for name, a in use.keywords.items()}
    pairs = ((one.array.at(-1), one.other) for one in found.values())
    return replace(use, args=args, keywords=keywords), {(a, b) for a, b in pairs if a is not None}


def _is_array(value: Value) -> TypeGuard[Array | Assumed]:
    return isinstance(value, Array | Assumed)


def _read(value: Array | Assumed, methods: Mapping[str, Method]) -> Array | Assumed:
    found = _one_on_the_other(value, methods) if isinstance(value, Array) else value
    last = found.at(-1) if isinstance(found, Array) else None
    added = isinstance(found, Array) and last is not None and last.kind is Kind.ADDED
    return _of_first(found, last.parts, methods) if added else found  # type: ignore[arg-type, union-attr]
