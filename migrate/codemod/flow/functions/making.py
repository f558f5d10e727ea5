"""Functions that are given the shape of their result."""

from collections.abc import Callable

from .. import arrays
from ..terms import const
from ..values import Array, Value
from .arguments import Arguments


def shaped(position: int, name: str = "shape") -> Callable[[Arguments], Value]:
    """Returns the rule of a function whose argument `position` is the shape of what it gives."""

    def rule(given: Arguments) -> Value:
        return arrays.of_shape(given.get(position, name)) if given.plain else None

    return rule


def counted(given: Arguments) -> Value:
    """`arange(n)`; with more arguments the length is not followed."""
    alone = len(given.values) == 1 and not {"stop", "start", "step"} & given.keywords.keys()
    return Array(None, 0, (given.term(0, "start") if alone else None,), 1)


def square(given: Arguments) -> Value:
    """`eye(rows, columns)`."""
    rows = given.term(0, "N")
    columns = given.term(1, "M") if given.has(1, "M") and given.get(1, "M") != const(None) else rows
    return Array(None, 0, (rows, columns), 2)


def one_hot(given: Arguments) -> Value:
    array, classes, axis = given.array(), given.term(1, "num_classes"), given.integer(9, "axis", -1)
    if array is None or axis != -1:
        return None
    return array.ending(classes)
