"""What an assertion says of shapes: `assert y.shape == x.shape[:-1] + (self.features,)`."""

import ast
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

from .choices import narrowed
from .found import Env
from .terms import Term
from .values import Array, Items, Shape, Value

if TYPE_CHECKING:
    from .evaluate import Evaluator


def asserted(scope: "Evaluator", test: ast.expr) -> Env:
    """Returns the arrays of which an assertion tells the number of axes, or axes that nothing else tells."""
    found = narrowed(test, scope.env, ast.Eq)
    match test:
        case ast.BoolOp(op=ast.And(), values=parts):
            for part in parts:
                found |= asserted(scope, part)
        case ast.Compare(left=left, ops=signs, comparators=others) if all(
            isinstance(s, ast.Eq) for s in signs
        ):
            sides = [(node, _shape(scope.value(node))) for node in (left, *others)]
            for node, array in sides:
                told = [other for n, other in sides if n is not node and other is not None]
                if (name := _name(node)) and told:
                    found[name] = reduce(_with, told, array)
    return found


def _name(node: ast.expr) -> str:
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr="shape"):
            return name
    return ""


def _shape(value: Value) -> Array | None:
    if isinstance(value, Shape):
        return value.array
    if not isinstance(value, Items):
        return None
    sizes = tuple(item if isinstance(item, Term) else None for item in value.items)
    return Array(None, 0, sizes, len(sizes))


def _with(array: Array | None, other: Array) -> Array:
    """What is known of an array that has the shape of another: its own axes first, an argument keeps all of them."""
    if array is None:
        return other
    if array.argument is not None and not array.cut and not array.tail:
        return array if other.axes is None or array.axes is not None else replace(array, rank=other.axes)
    if array.axes is None and other.axes is None:
        return array
    count = array.axes if array.axes is not None else other.axes
    assert count is not None
    if (other.axes or count) != count or array.least > count:
        return array
    own = (array.at(-k) for k in range(count, 0, -1))
    told = (other.at(-k) for k in range(count, 0, -1))
    return Array(None, 0, tuple(a if a is not None else b for a, b in zip(own, told, strict=True)), count)
