"""Slices of one axis, as functions of jax.lax take them."""

from .. import arrays
from ..terms import Term, const, op
from ..values import Array, Value
from .arguments import Arguments


def of_size(given: Arguments) -> Value:
    """`dynamic_slice_in_dim(x, start, size, axis=0)`."""
    return _of_length(given, given.integer(3, "axis", 0), given.term(2, "slice_size"))


def between(given: Arguments) -> Value:
    """`slice_in_dim(x, start, end, stride=1, axis=0)`."""
    start, end, axis = given.term(1, "start_index"), given.term(2, "limit_index"), given.integer(4, "axis", 0)
    if start is None or end is None or _is_behind(start) or _is_behind(end):
        return _of_length(given, axis, None)
    return _of_length(given, axis, op("-", end, start) if given.integer(3, "stride", 1) == 1 else None)


def at_one(given: Arguments) -> Value:
    """`dynamic_index_in_dim(x, place, axis=0, keepdims=True)`."""
    array, axis = given.array(), given.integer(2, "axis", 0)
    keep = given.get(3, "keepdims") if given.has(3, "keepdims") else const(True)
    if keep == const(True):
        return _of_length(given, axis, const(1))
    if array is None or axis is None or keep != const(False) or not given.plain:
        return None
    return arrays.reduced(array, [axis], False, given.evaluator.assume)


def _is_behind(place: Term) -> bool:
    """Tells whether a place may be counted from the end."""
    return place.number is None or place.number < 0


def _of_length(given: Arguments, axis: int | None, length: Term | None) -> Array | None:
    array = given.array()
    place = arrays.from_end(array, axis) if array is not None and axis is not None else None
    if array is None or place is None or not given.plain:
        return None
    return array.replaced(place, length)
