"""Functions that work on each element, and reductions over axes."""

from collections.abc import Callable

from .. import arrays
from ..terms import Term
from ..values import Array, Value
from .arguments import Arguments


def same(given: Arguments) -> Value:
    return given.array() if given.plain else None


def keeps_shape(rule: Callable[[Arguments], Value]) -> bool:
    """Tells whether a function gives an array of the shape of its first argument."""
    return rule is same


def broadcast(given: Arguments) -> Value:
    if not given.plain or not given.values:
        return None
    total: Value = None
    for value in given.values:
        if isinstance(value, Term):
            continue
        if not isinstance(value, Array):
            return None
        total = (
            value if total is None else arrays.broadcast(total, value) if isinstance(total, Array) else None
        )
        if total is None:
            return None
    return total


def reduce(given: Arguments) -> Value:
    array = given.array()
    if array is None or not given.plain:
        return None
    keep = given.get(9, "keepdims")
    kept = isinstance(keep, Term) and keep.value is True
    if "keepdims" in given.keywords and not (isinstance(keep, Term) and keep.value in (True, False)):
        return None
    if not given.has(1, "axis"):
        return arrays.reduced(array, None, kept)
    axes = given.integers(1, "axis")
    return arrays.reduced(array, axes, kept) if axes is not None else None
