"""Functions that give the same elements other axes."""

import ast

from .. import arrays
from ..terms import Term, const
from ..values import Array, Items, Shape, Value
from .arguments import Arguments


def reshape(given: Arguments) -> Value:
    array, rest = given.array(), given.values[1:]
    if array is None or given.keywords:
        return None
    if len(rest) == 1 and isinstance(rest[0], Items):
        return arrays.reshaped(array, rest[0].items)
    if rest and isinstance(rest[0], Shape):
        sizes = [v if isinstance(v, Term) else None for v in rest[1:]]
        lead = rest[0].array.ending(*sizes)
        return _no_free_axis(array, lead)
    if any(isinstance(a, ast.Starred) for a in given.node.args):
        return None
    return arrays.reshaped(array, rest)


def _no_free_axis(array: Array, shape: Array) -> Value:
    """`x.reshape(*x.shape[:-2], -1)` joins the axes that are left out."""
    if const(-1) not in shape.tail:
        return shape
    if shape.tail[-1] != const(-1) or shape.root != array.root or shape.root is None:
        return shape.with_last(None) if shape.tail[-1] == const(-1) else None
    whole = array.spelled(shape.cut)
    mine = whole.tail[: len(whole.tail) - shape.cut] if len(whole.tail) > shape.cut else ()
    same = len(shape.tail) == 1 and whole.cut == shape.cut and not mine
    return shape.with_last(arrays.product(whole.tail) if same else None)


def flatten(given: Arguments) -> Value:
    array = given.array()
    if array is None or array.axes is None or len(given.values) > 1:
        return None
    return Array(None, 0, (arrays.product([array.at(k) for k in range(-array.axes, 0)]),), 1)


def expand_dims(given: Arguments) -> Value:
    array, axis = given.array(), given.integer(1, "axis", None)
    return array.ending(const(1)) if array is not None and axis == -1 else None


def squeeze(given: Arguments) -> Value:
    array, axis = given.array(), given.integer(1, "axis", None)
    return array.dropped(1) if array is not None and axis == -1 else None


def swapaxes(given: Arguments) -> Value:
    array, named = given.array(), [given.integer(1, "axis1", None), given.integer(2, "axis2", None)]
    axes = [a for a in named if a is not None]
    if array is None or len(axes) < 2 or (array.axes is None and max(axes) >= 0):
        return None
    one, two = (a if a < 0 else a - (array.axes or 0) for a in axes)
    whole = array.spelled(max(-one, -two))
    tail = list(whole.tail)
    if max(-one, -two) > len(tail):
        return None
    tail[one], tail[two] = tail[two], tail[one]
    bare = whole.dropped(len(tail))
    return bare.ending(*tail) if bare is not None else None


def transpose(given: Arguments) -> Value:
    array = given.array()
    axes = given.integers(1, "axes") if len(given.values) <= 2 else [
        v.number for v in given.values[1:] if isinstance(v, Term) and v.number is not None
    ]  # fmt: skip
    if array is None or not axes or sorted(axes) != list(range(len(axes))):
        return None
    return Array(None, 0, tuple(array.at(a - len(axes)) for a in axes), len(axes))
