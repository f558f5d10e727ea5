"""Functions that put arrays together along an axis, or take them apart."""

from .. import arrays
from ..terms import Term, const, op
from ..values import Array, Items, Value
from .arguments import Arguments


def concatenate(given: Arguments) -> Value:
    parts, axis = given.get(0, "arrays"), given.integer(1, "axis", 0)
    if not isinstance(parts, Items) or axis is None or not parts.items:
        return None
    found = [p for p in parts.items if isinstance(p, Array)]
    if len(found) < len(parts.items):
        return None
    return arrays.concatenated(found, axis)


def stack(given: Arguments) -> Value:
    parts, axis = given.get(0, "arrays"), given.integer(1, "axis", 0)
    first = parts.items[0] if isinstance(parts, Items) and parts.items else None
    if not isinstance(parts, Items) or not isinstance(first, Array) or axis is None:
        return None
    if axis == -1:
        return first.ending(const(len(parts.items)))
    return (
        Array(None, 0, (None, *first.tail), len(first.tail) + 1) if first.root is None and axis == 0 else None
    )


def split(given: Arguments) -> Value:
    array, axis, count = (
        given.array(),
        given.integer(2, "axis", 0),
        given.integer(1, "indices_or_sections", None),
    )
    if array is None or axis is None or count is None:
        return None
    axis = axis - array.axes if axis >= 0 and array.axes is not None else axis
    if axis != -1:
        return None
    size = array.at(-1)
    part = array.with_last(None if size is None else op("//", size, const(count)))
    return Items((part,) * count)


def pad(given: Arguments) -> Value:
    array, widths = given.array(), given.get(1, "pad_width")
    if array is None or not isinstance(widths, Items):
        return None
    last = widths.items[-1] if widths.items else None
    kept = isinstance(last, Items) and all(isinstance(i, Term) and i.number == 0 for i in last.items)
    whole = array.spelled(len(widths.items))
    bare = whole.dropped(len(widths.items))
    if bare is None:
        return None
    return bare.ending(*([None] * (len(widths.items) - 1)), whole.tail[-1] if kept else None)


def tile(given: Arguments) -> Value:
    array, reps = given.array(), given.get(1, "reps")
    if array is None or not isinstance(reps, Items) or array.axes != len(reps.items):
        return None
    pairs = zip(array.spelled(len(reps.items)).tail, reps.items, strict=True)
    tail = [op("*", a, r) if a is not None and isinstance(r, Term) else None for a, r in pairs]
    return Array(None, 0, tuple(tail), len(tail))


def repeat(given: Arguments) -> Value:
    array, axis = given.array(), given.integer(2, "axis", None)
    if array is None or axis is None or axis == -1:
        return None
    if axis >= 0 and (array.axes is None or axis == array.axes - 1):
        return None
    place = axis if axis < 0 else axis - (array.axes or 0)
    whole = array.spelled(-place)
    tail = list(whole.tail)
    tail[place] = None
    bare = whole.dropped(len(tail))
    return bare.ending(*tail) if bare is not None else None
