"""Shapes of what array operations give, in terms of the shapes that they are given."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from .ranks import longer, of_rank, ranks_of
from .terms import PLACED, Kind, Passed, Term, const, op
from .values import SOMEWHERE, Array, Items, Shape, Value


class Assume(Protocol):
    """Writes down that an array is taken to have so many axes at least, or exactly; False where nothing says so."""

    def __call__(self, array: Array, count: int, *, exactly: bool = False) -> bool: ...


def from_end(array: Array, axis: int) -> int | None:
    """Returns `axis` counted from the end; None for one counted from the front where the rank is not known."""
    if axis >= 0:
        return None if array.axes is None or axis >= array.axes else axis - array.axes
    return axis if array.axes is None or -axis <= array.axes else None


def somewhere(last: Term | None) -> Array | None:
    """Returns an array of which the last axis alone is known."""
    return None if last is None else Array(SOMEWHERE, 1, (last,))


def reduced(array: Array, axes: Sequence[int] | None, keep: bool, assume: Assume) -> Array | None:
    """Returns the shape of a sum or mean over `axes`, over all of them where it is None."""
    if axes is None:
        return None if keep else Array(None)
    places = [from_end(array, a) for a in axes]
    if array.axes is None and any(a >= 0 for a in axes):
        return without_last_alone(array, axes, keep, assume)
    gone = {p for p in places if p is not None}
    if len(gone) < len(axes):
        return None
    whole = array.spelled(max((-p for p in gone), default=0))
    if any(-p > len(whole.tail) for p in gone):
        return None
    count = len(whole.tail)
    tail = tuple(const(1) if k - count in gone else t for k, t in enumerate(whole.tail))
    if keep:
        return replace(whole, tail=tail)
    left = tuple(t for k, t in enumerate(whole.tail) if k - count not in gone)
    return replace(whole, tail=left, rank=None if whole.rank is None else whole.rank - len(gone))


def without_last_alone(array: Array, axes: Sequence[int], keep: bool, assume: Assume) -> Array | None:
    """Axes counted from the front go away: the last is taken to be none of them, which `assume` writes down."""
    if any(a == -1 for a in axes) or not assume(array, max(axes) + 2):
        return None
    return of_rank(longer(ranks_of(array), 0 if keep else -len(axes)), array.at(-1))


def concatenated(parts: Sequence[Array | None], axis: int) -> Array | None:
    """Returns the shape of the arrays side by side along `axis`; of one that is None nothing is known."""
    arrays = [p for p in parts if p is not None]
    known = next((a.axes for a in arrays if a.axes is not None), None)
    if axis >= 0 and known is None:
        return None
    place = axis - known if axis >= 0 and known is not None else axis
    spelled = [a.spelled(-place) for a in arrays]
    if not spelled or any(len(s.tail) < -place for s in spelled) or place >= 0:
        return None
    total: Term | None = const(0) if len(arrays) == len(parts) else None
    for part in spelled:
        size = part.tail[place]
        total = None if size is None or total is None else op("+", total, size)
    tail = [agreed([s.tail[k] for s in spelled]) for k in range(place + 1, 0)]
    bare = max(spelled, key=_counted).dropped(-place)
    return None if bare is None else bare.ending(total, *tail)


def _counted(array: Array) -> int:
    """How much is known of the number of axes, which all arrays side by side have: it, a few, or as many as others."""
    if array.axes is not None:
        return 2
    ranks = ranks_of(array)
    return int(bool(ranks) and all(rank.root is None for rank in ranks))


def stacked(parts: Sequence[Array | None], axis: int, counted: bool = True) -> Array | None:
    """Returns the shape of arrays of one shape along a new axis; `counted` says that `parts` are all of them."""
    arrays = [p for p in parts if p is not None]
    most = max(arrays, key=lambda a: a.least, default=None)  # all have as many axes as that one
    first = next((a for a in arrays if a.axes is not None), most)
    if first is None and axis == -1 and counted and parts:
        return somewhere(const(len(parts)))
    return first and widened(first, axis, const(len(parts)) if counted else None)


def widened(array: Array, axis: int, size: Term | None) -> Array | None:
    """Returns the shape with a new axis of that size, which is number `axis` of the result."""
    if axis >= 0 and array.axes is None:
        return somewhere(array.at(-1)) if axis < max(array.least, 1) else None
    place = axis - array.axes - 1 if axis >= 0 and array.axes is not None else axis
    if place == -1:
        return array.ending(size)
    if place >= 0 or (array.axes is not None and -place > array.axes + 1):
        return None
    whole = array.spelled(-place - 1)
    bare = whole.dropped(-place - 1)
    return bare and bare.ending(size, *whole.tail[len(whole.tail) + place + 1 :])


def agreed(sizes: Sequence[Term | None]) -> Term | None:
    """Sizes that have to be equal: any of them will do, the plainest is the best."""
    known = [s for s in sizes if s is not None]
    return min(known, key=_plainness) if known else None


def varies(size: Term) -> bool:
    """Tells whether a size depends on what a method is called with, or on where in it one stands."""
    return any(t.kind is Kind.DIM or t.kind in PLACED for t in size.walk())


def dims(size: Term) -> set[tuple[str, str]]:
    """Returns the arguments, with their methods, that a size comes from."""
    return {(t.value.method, t.value.array) for t in size.walk() if t.kind is Kind.DIM}


def _plainness(size: Term) -> tuple[bool, bool, int]:
    return size.number is None, varies(size), len(list(size.walk()))


def product(axes: Sequence[Term | None]) -> Term | None:
    total: Term | None = const(1)
    for axis in axes:
        total = None if total is None or axis is None else op("*", total, axis)
    return total


def of_shape(value: Value) -> Array | None:
    """Returns an array whose shape is the tuple `value`, or a part of another one's shape."""
    if isinstance(value, Shape):
        return value.array
    if isinstance(value, Term):
        several = value.kind is Kind.TUPLE or (value.kind is Kind.CALL and value.value in ("tuple", "sorted"))
        return Array(None, 0, (value,), 1) if not several else None
    if isinstance(value, Items):
        return Array(None, 0, tuple(map(_axis, value.items)), len(value.items))
    return None


def _axis(value: Value) -> Term | None:
    """An axis of a shape that is spelled out; an argument there is a number, which a caller may know."""
    if isinstance(value, Array) and value.untouched and value.argument is not None:
        return Passed.of(*value.argument)
    return value if isinstance(value, Term) else None
