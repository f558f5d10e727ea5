"""Functions that give the same elements other axes."""

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from .. import arrays
from ..ranks import any_of, longer, of_rank, ranks_of
from ..reshaping import reshaped
from ..terms import Term, const
from ..values import Array, Items, Shape, Squeezed, Value
from .arguments import Arguments
from .own_shape import own_lead

_FLAT = (const(-1),)
_BATCHED = 2
"""The axes of an array of which `x.shape[0]` are the rows."""


def reshape(given: Arguments) -> Value:
    """All sizes at once or one by one; what `order` says makes no difference to the shape."""
    if "**" in given.keywords or (not given.values and not given.keywords):
        return None
    ordered = len(given.values) == 3 and isinstance(given.values[2], Term) and given.values[2].number is None
    end = 2 if ordered and isinstance(given.values[1], Items | Shape) and given.plain else None
    cut = Arguments(given.evaluator, given.node, given.values[:end], given.keywords) if end else given
    sizes, array = cut.sizes(1, "shape", "newshape", "new_sizes"), given.array()
    array = _of_one_image(given, array) if sizes == Items(_FLAT) else array
    found = _shaped(array, sizes, _is_of_itself(given.node), own_lead(given))
    if array is not None and array.axes is None and isinstance(found, Array) and found.at(-1) is None:
        # `x.reshape(x.shape[0], 4, 4, -1)`, `x.reshape(x.shape[0], x.shape[1], heads, -1)`
        given.evaluator.count(max(_in_front(array, sizes) + 1, _BATCHED), array)
    return found


def _in_front(array: Array, sizes: Shape | Items | None) -> int:
    """How many of the array's own first axes a shape begins with, as far as it is spelled out."""
    own = Array(array.argument) if array.argument is not None else None
    wanted = sizes.items if isinstance(sizes, Items) else ()
    return next((k for k, size in enumerate(wanted) if own is None or size != own.at(k)), len(wanted))


def _of_one_image(given: Arguments, array: Array | None) -> Array | None:
    """What becomes one axis behind convolutions is an image alone: nobody has a batch among the features of a layer."""
    if array is None or not array.batched or array.cut != len(array.tail):
        return array
    alone = given.evaluator.assume(replace(array, rank=None), array.cut, exactly=True)
    return replace(array, rank=array.cut, batched=False) if alone else array


def _is_of_itself(node: ast.Call) -> bool:
    """Tells whether every shape in `x.reshape(*x.shape[:-2], -1)` is that of the array itself."""
    method = isinstance(node.func, ast.Attribute) and node.func.attr == "reshape" and len(node.args) > 0
    first = node.args[0] if node.args else node
    own = {ast.dump(node.func.value)} if method else set()  # type: ignore[attr-defined]
    own |= {ast.dump(first)} if isinstance(first, ast.Name) else set()
    shapes = [n.value for n in ast.walk(node) if isinstance(n, ast.Attribute) and n.attr == "shape"]
    return all(isinstance(s, ast.Name) and ast.dump(s) in own for s in shapes)


def _shaped(array: Array | None, sizes: Shape | Items | None, own: bool, kept: int) -> Value:
    if isinstance(sizes, Items):
        return reshaped(array, None, sizes.items, kept=kept)
    if sizes is None:
        return None
    # what was put behind a part of another shape
    count = next((k for k, t in enumerate(sizes.array.tail) if t == const(-1)), None)
    if count is None:
        return sizes.array
    lead = sizes.array.dropped(len(sizes.array.tail) - count)
    return reshaped(array, lead, sizes.array.tail[count:], own, kept)


def flatten(given: Arguments) -> Value:
    array = _of_one_image(given, given.array())
    if array is None or len(given.values) > 1:
        return None
    return reshaped(array, None, _FLAT)


def expand_dims(given: Arguments) -> Value:
    array = given.array()
    axes = given.integers(1, "dimensions" if "dimensions" in given.keywords else "axis")
    if array is None or not axes:
        return None
    return _several(given, array, axes) if len(axes) > 1 else _with_new_axis(given, array, *axes)


def _with_new_axis(given: Arguments, array: Array, axis: int) -> Array | None:
    inside = array.axes is None and axis > 0  # the last axis stays the last
    if inside and (axis < array.least or given.evaluator.assume(array, axis + 1)):
        ranks = longer(ranks_of(array), 1)
        return of_rank(ranks, array.at(-1)) or (any_of(ranks) if ranks else None)
    return arrays.widened(array, axis, const(1))


def _several(given: Arguments, array: Array, axes: Sequence[int]) -> Array | None:
    """New axes that are counted from the end, all of them behind the others, or from the front, one after the other."""
    if sorted(axes) == [*range(-len(axes), 0)]:
        return array.ending(*(const(1) for _ in axes))
    found: Array | None = array if min(axes) >= 0 and len({*axes}) == len(axes) else None
    for axis in sorted(axes):
        found = found and _with_new_axis(given, found, axis)
    return found


def squeeze(given: Arguments) -> Value:
    array = given.array()
    if array is not None and array.axes is not None and len(given.values) + len(given.keywords) == 1:
        return _of_no_ones(array.whole().tail)
    axes = given.integers(1, "dimensions" if "dimensions" in given.keywords else "axis")
    return arrays.reduced(array, axes, False, given.evaluator.assume) if array and axes else None


def _of_no_ones(axes: Sequence[Term | None]) -> Value:
    """Without axes of 1; of several that may be that or not, nobody knows which are left."""
    left = tuple(axis for axis in axes if axis != const(1))
    numbers = all(axis is not None and axis.number is not None for axis in left)
    if numbers:
        return Array(None, 0, left, len(left))
    return Squeezed(left[0]) if len(left) == 1 and left[0] is not None else None


def swapaxes(given: Arguments) -> Value:
    found = _places(given, "axis1", "axis2")
    if found is None:
        return None
    tail, one, two = found.tail, found.one, found.two
    tail[one], tail[two] = tail[two], tail[one]
    return found.bare.ending(*tail)


def moveaxis(given: Arguments) -> Value:
    """One axis at a time; the rank has to be known, or both counted from the end."""
    found = _places(given, "source", "destination")
    if found is None:
        return None
    tail = found.tail
    size = tail.pop(found.one)
    tail.insert(len(tail) + 1 + found.two, size)
    return found.bare.ending(*tail)


class _Places(NamedTuple):
    """Two axes of an array, counted from the end: what stands in front of both, and the axes behind that."""

    bare: Array
    tail: list[Term | None]
    one: int
    two: int


def _places(given: Arguments, first: str, second: str) -> _Places | None:
    """Counted from the front they are known with the rank, which is asked for as the least that has both."""
    array, axes = given.array(), [given.integer(1, first, None), given.integer(2, second, None)]
    if array is None or None in axes:
        return None
    places = [from_end for a in axes if a is not None and (from_end := arrays.from_end(array, a)) is not None]
    if len(places) != 2:
        given.evaluator.count(1 + max(a for a in axes if a is not None), array)
        return None
    length = max(-place for place in places)
    whole = array.spelled(length)
    bare = whole.dropped(len(whole.tail))
    return (
        _Places(bare, list(whole.tail), *places) if bare is not None and length <= len(whole.tail) else None
    )


def turned(given: Arguments) -> Value:
    """`matrix_transpose(x)` and `x.mT` change the last two axes round."""
    array = given.array()
    return with_turned(array) if array is not None else None


def with_turned(array: Array) -> Array | None:
    whole = array.spelled(2)
    bare = whole.dropped(2)
    return bare.ending(whole.at(-1), whole.at(-2)) if bare is not None else None


def transpose(given: Arguments) -> Value:
    """`transpose(x, (0, 2, 1))` or `x.transpose(0, 2, 1)`; without axes all of them turn round."""
    array = given.array()
    order = _order(given)
    if array is None or order is None:
        return None
    if not order:
        return Array(None, 0, array.whole().tail[::-1], array.axes) if array.axes is not None else None
    count = len(order)
    places = [k % count for k in order if -count <= k < count]
    if sorted(places) != list(range(count)) or array.axes not in (None, count):
        return None
    return Array(None, 0, tuple(array.at(k - count) for k in places), count)


def _order(given: Arguments) -> list[int] | None:
    if not given.plain:
        return None
    if len(given.values) > 2:
        found = [v.number if isinstance(v, Term) else None for v in given.values[1:]]
        return [n for n in found if n is not None] if None not in found else None
    name = next((n for n in ("axes", "permutation") if n in given.keywords), "axes")
    return given.integers(1, name) if given.has(1, name) and given.get(1, name) != const(None) else []
