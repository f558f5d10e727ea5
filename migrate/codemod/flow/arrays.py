"""Shapes of what array operations give, in terms of the shapes that they are given."""

from collections.abc import Sequence
from dataclasses import replace

from .terms import Kind, Term, const, op
from .values import SOMEWHERE, Array, Items, Opaque, Shape, Value

UNKNOWN = Array(None, 0, (), None)


def broadcast(left: Array, right: Array) -> Array | None:
    """Returns the shape of `left + right`; an axis that is not sure is None."""
    if left == right:
        return left
    if left.root is None and right.root is not None:
        left, right = right, left
    count = max(len(left.tail), len(right.tail))
    one, two = left.spelled(count), right.spelled(count)
    if two.root is not None and (one.root, one.cut) != (two.root, two.cut):
        return _last_alone(one, two)
    tail = tuple(_axis(a, b) for a, b in zip(_padded(one, count), _padded(two, count), strict=True))
    return replace(one, tail=tail, rank=_rank(one, two))


def _rank(left: Array, right: Array) -> int | None:
    return None if left.axes is None or right.axes is None else max(left.axes, right.axes)


def _padded(array: Array, count: int) -> tuple[Term | None, ...]:
    return (const(1),) * (count - len(array.tail)) + array.tail


def _last_alone(left: Array, right: Array) -> Array | None:
    """Two arrays whose leading axes come from different places: the last axis may still be known."""
    last = _axis(left.at(-1), right.at(-1))
    rank = left.axes if left.axes == right.axes else None
    return None if last is None else Array(SOMEWHERE, 1, (last,), rank)


def _axis(left: Term | None, right: Term | None) -> Term | None:
    """Two sizes that are not the literal 1 are taken to be equal: what has to be so for any others to fit."""
    if left == right:
        return left
    if left is not None and left.number == 1:
        return right
    if right is not None and right.number == 1:
        return left
    return _agreed([left, right])


def reduced(array: Array, axes: Sequence[int] | None, keep: bool) -> Array | None:
    """Returns the shape of a sum or mean over `axes`, over all of them where it is None."""
    if axes is None:
        return None if keep else Array(None)
    if any(a >= 0 for a in axes):
        if array.axes is None:
            return None
        axes = [a - array.axes if a >= 0 else a for a in axes]
    whole = array.spelled(max((-a for a in axes), default=0))
    if any(-a > len(whole.tail) for a in axes):
        return None
    gone = {len(whole.tail) + a for a in axes}
    if keep:
        tail = tuple(const(1) if i in gone else t for i, t in enumerate(whole.tail))
        return replace(whole, tail=tail)
    tail = tuple(t for i, t in enumerate(whole.tail) if i not in gone)
    return replace(whole, tail=tail, rank=None if whole.rank is None else whole.rank - len(gone))


def concatenated(arrays: Sequence[Array], axis: int) -> Array | None:
    """Returns the shape of the arrays side by side along `axis`."""
    if axis >= 0:
        known = next((a.axes for a in arrays if a.axes is not None), None)
        if known is None:
            return None
        axis -= known
    parts = [a.spelled(-axis) for a in arrays]
    if any(len(p.tail) < -axis for p in parts):
        return None
    first = next((p for p in parts if p.root is None or p.rank is not None), parts[0])
    total: Term | None = const(0)
    for part in parts:
        size = part.tail[axis]
        total = None if size is None or total is None else op("+", total, size)
    tail = [_agreed([p.tail[k] if -k <= len(p.tail) else None for p in parts]) for k in range(axis, 0)]
    tail[0] = total
    bare = first.dropped(-axis)
    return None if bare is None else bare.ending(*tail)


def _agreed(sizes: Sequence[Term | None]) -> Term | None:
    """Sizes that have to be equal: any of them will do, the plainest is the best."""
    known = [s for s in sizes if s is not None]
    return min(known, key=_plainness) if known else None


def _plainness(size: Term) -> tuple[bool, bool, int]:
    local = any(t.kind in (Kind.DIM, Kind.PHI, Kind.LOCAL) for t in size.walk())
    return size.number is None, local, len(list(size.walk()))


def product(axes: Sequence[Term | None]) -> Term | None:
    total: Term | None = const(1)
    for axis in axes:
        total = None if total is None or axis is None else op("*", total, axis)
    return total


def reshaped(array: Array, sizes: Sequence[Value]) -> Array | None:
    """Returns the shape that `reshape` is given; the axis -1 is computed where all others are known."""
    axes = [s if isinstance(s, Term) else None for s in sizes]
    free = [i for i, a in enumerate(axes) if a == const(-1)]
    if free:
        (at,) = free[:1]
        axes[at] = _rest(array, axes[:at], axes[at + 1 :])
    return Array(None, 0, tuple(axes), len(axes))


def _rest(array: Array, before: Sequence[Term | None], after: Sequence[Term | None]) -> Term | None:
    """What is left for the free axis: the array's axes without those that stay, divided by those that are new."""
    if array.axes is None:
        return None
    whole = [array.at(k) for k in range(-array.axes, 0)]
    one, two = list(before), list(after)
    while whole and one and whole[0] is not None and whole[0] == one[0]:
        whole, one = whole[1:], one[1:]
    while whole and two and whole[-1] is not None and whole[-1] == two[-1]:
        whole, two = whole[:-1], two[:-1]
    total, new = product(whole), product([*one, *two])
    return None if total is None or new is None else op("//", total, new)


def of_shape(value: Value) -> Array | None:
    """Returns an array whose shape is the tuple `value`, or a part of another one's shape."""
    if isinstance(value, Shape):
        return value.array
    if isinstance(value, Term):
        return Array(None, 0, (value,), 1)
    if isinstance(value, Items):
        return Array(
            None, 0, tuple(i if isinstance(i, Term) else None for i in value.items), len(value.items)
        )
    return None


def elementwise(left: Value, right: Value) -> Value:
    """Returns the shape of an operator between an array and something else."""
    if isinstance(left, Array) and isinstance(right, Array):
        return broadcast(left, right)
    array, other = (left, right) if isinstance(left, Array) else (right, left)
    if isinstance(other, Term | Opaque):
        return array
    # whatever it is, it widens the last axis only where that is the literal 1
    last = array.at(-1) if isinstance(array, Array) else None
    return array if other is None and last is not None and last.number != 1 else None


def matmul(left: Value, right: Value) -> Value:
    """Returns the shape of `left @ right`."""
    if not isinstance(left, Array) or not isinstance(right, Array) or right.axes in (None, 1):
        return None
    return left.with_last(right.at(-1))
