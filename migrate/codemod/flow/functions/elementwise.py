"""Functions that work on each element, and reductions over axes."""

import ast
from collections.abc import Callable

from ...bindings import default_of
from .. import arrays, broadcasting
from ..between import without
from ..ranks import of_rank, ranks_of
from ..terms import Term, const, op
from ..values import SOMEWHERE, Array, Between, Items, Many, Shape, Value
from .arguments import Arguments

_RESHAPING = frozenset({"shape", "ndmin", "device_shape"})


def each(given: Arguments) -> Value:
    """Returns the arrays that it is given, as a list."""
    return Items(given.values) if given.plain else None


def same(given: Arguments) -> Value:
    return given.array() if given.plain and not _RESHAPING & given.keywords.keys() else None


def numeric(given: Arguments) -> Value:
    """A function of one number, or of each number of an array: `x / jnp.sqrt(x.shape[-1])`."""
    number = isinstance(given.get(0, "x"), Term) and given.plain
    return Array(None) if number else same(given)


def along(given: Arguments) -> Value:
    """A function along the last axis, or the one that it is given; with None it flattens."""
    return same(given) if given.get(1, "axis") != const(None) else None


def running(given: Arguments) -> Value:
    """A running sum flattens where it is given no axis."""
    return along(given) if given.has(1, "axis") else None


def cast(given: Arguments) -> Value:
    """A method that gives the array again, whatever its arguments say."""
    return given.array()


def second(given: Arguments) -> Value:
    """`typing.cast(jax.Array, x)` is x."""
    return given.values[1] if len(given.values) == 2 and given.plain else None


def keeps_shape(rule: Callable[[Arguments], Value]) -> bool:
    """Tells whether a function gives an array of the shape of its first argument."""
    return rule in (same, numeric)


def broadcast(given: Arguments) -> Value:
    """All operands against each other; None where nothing but sizes is given."""
    operands = (*given.values, *given.keywords.values())
    if not given.plain:
        return None
    total: Value = None
    for place, value in enumerate(operands):
        total = value if place == 0 else broadcasting.elementwise(total, value)
    return total if isinstance(total, Array) else None


def total(value: Value) -> Array | None:
    """What `sum` of a list of arrays gives."""
    items = (value.item,) if isinstance(value, Many) else value.items if isinstance(value, Items) else ()
    found = items[0] if items else None
    for item in items[1:]:
        found = broadcasting.elementwise(found, item)
    return found if isinstance(found, Array) else None


def select(given: Arguments) -> Value:
    """`where(test, yes, no)`: with the test alone it gives a tuple of positions.

    A mask that is an argument may add axes in front, and spread those of one element.
    """
    if len(given.values) != 3 or given.keywords or not given.plain:
        return None
    test, *both = given.values
    found = broadcasting.elementwise(*both)
    masked = isinstance(test, Array) and test.axes is None and test.argument is not None
    if masked and isinstance(found, Array) and found.axes is not None:
        tail = tuple(None if axis == const(1) else axis for axis in found.whole().tail)
        return Array(SOMEWHERE, len(tail), tail)
    return found if isinstance(found, Array) and _is_flag(given, test) else broadcast(given)


def _is_flag(given: Arguments, test: Value) -> bool:
    """Tells whether a test is an argument that is True or False by default, and is taken to be no array."""
    if not isinstance(test, Array) or not test.untouched or test.argument is None:
        return False
    method, name = test.argument
    own = given.evaluator.method
    by_default = default_of(own, name) if own.node.name == method else None
    flag = isinstance(by_default, ast.Constant) and isinstance(by_default.value, bool)
    return flag and given.evaluator.assume(test, 0, exactly=True)


def reduce(given: Arguments) -> Value:
    return _reduced(given, 1) if len(given.values) <= 2 else None


def averaged(given: Arguments) -> Value:
    """`average(x, axis, weights)`; with `returned` it gives the sum of the weights too."""
    more = len(given.values) > 3 or "returned" in given.keywords
    return _reduced(given, 1) if not more else None


def transformed(given: Arguments) -> Value:
    """A Fourier transform keeps the shape unless it is given another length."""
    longer = len(given.values) > 1 or {"n", "s"} & given.keywords.keys()
    return given.array() if given.plain and not longer else None


def halved(given: Arguments) -> Value:
    """What `rfft` gives along an axis, the last one by default: a half of the frequencies, and one more."""
    return _of_another_length(given, lambda size: op("+", op("//", size, const(2)), const(1)), told=True)


def doubled(given: Arguments) -> Value:
    """What `irfft` gives along an axis: what it is told, or as many as an even number has such halves."""
    return _of_another_length(given, lambda size: op("*", const(2), op("-", size, const(1))), told=False)


def _of_another_length(given: Arguments, length: Callable[[Term], Term], *, told: bool) -> Value:
    """`rfft(x, n, axis)`: `length` says how long the axis becomes, also where that is `told` to be `n` before."""
    array, axis = given.array(), given.integer(2, "axis", -1)
    if array is None or axis is None or not given.plain:
        return None
    place = arrays.from_end(array, axis)
    if place is None:
        inside = axis > 0 and given.evaluator.assume(array, axis + 2)  # the last axis is not the one
        return of_rank(ranks_of(array), array.at(-1)) if inside else None
    asked = given.has(1, "n")
    size = given.term(1, "n") if asked else array.at(place)
    return array.replaced(place, length(size) if size is not None and (told or not asked) else size)


def norm(given: Arguments) -> Value:
    """`norm(x, ord, axis, keepdims)`."""
    return _reduced(given, 2) if len(given.values) <= 3 else None


def categorical(given: Arguments) -> Value:
    """`categorical(key, logits, axis=-1)` draws one of the last axis."""
    logits = given.array(1, "logits")
    if logits is None or not given.plain or "shape" in given.keywords or len(given.values) > 3:
        return None
    axis = given.integer(2, "axis", -1)
    return arrays.reduced(logits, [axis], False, given.evaluator.assume) if axis is not None else None


def multiplied(given: Arguments) -> Value:
    """`prod`: of sizes, as in `np.prod(x.shape[1:])`, it is one number."""
    sizes = given.get(0, "a")
    if isinstance(sizes, Shape | Items) and given.plain and len(given.values) + len(given.keywords) == 1:
        array = arrays.of_shape(sizes)
        counted = array is not None and array.axes is not None
        return (arrays.product(array.whole().tail) if array is not None and counted else None) or Array(None)
    return reduce(given)


def _reduced(given: Arguments, position: int) -> Value:
    array, keep = given.array(), given.flag("keepdims")
    if array is None or keep is None or not given.plain:
        return None
    if not given.has(position, "axis") or given.get(position, "axis") == const(None):
        return arrays.reduced(array, None, keep, given.evaluator.assume)
    if isinstance(between := given.get(position, "axis"), Between):
        return without(array, between, keep, given.evaluator.assume)
    axes = given.integers(position, "axis")
    return arrays.reduced(array, axes, keep, given.evaluator.assume) if axes is not None else None


def gated(given: Arguments) -> Value:
    """`glu(x, axis=-1)`: one half gates the other."""
    array, axis = given.array(), given.integer(1, "axis", -1)
    if array is None or axis is None:
        return None
    place = arrays.from_end(array, axis)
    size = array.at(place) if place is not None else None
    return array.replaced(place, size and _half(size)) if place is not None else None


def _half(size: Term) -> Term:
    return op("//", size, const(2))
