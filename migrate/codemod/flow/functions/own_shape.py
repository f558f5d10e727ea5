"""Leading axes of an array that its own reshape leaves alone: `x.reshape(x.shape[:2] + (-1,))`."""

import ast
from collections.abc import Sequence

from .arguments import Arguments

_SHAPES = ("shape", "newshape", "new_sizes")


def own_lead(given: Arguments) -> int:
    """Returns how many axes of an array of known rank stay in front, whatever their sizes are."""
    array, (name, sizes) = given.array(), _spelled(given)
    if array is None or array.axes is None or not name or not sizes:
        return 0
    first = sizes[0].value if isinstance(sizes[0], ast.Starred) else sizes[0]
    end = _end_of_part(first, name)
    if end is not None:
        return len(range(array.axes)[:end])
    places = [_place(size, name) for size in sizes]
    return next((k for k, place in enumerate(places) if place != k), len(places))


def _spelled(given: Arguments) -> tuple[str, Sequence[ast.expr]]:
    """The name of the array, and the parts of its new shape that stand in front."""
    function, sizes = given.node.func, list(given.node.args)
    method = len(given.values) > len(sizes)
    sizes += [k.value for k in given.node.keywords if k.arg in _SHAPES]
    if not sizes:  # other keywords alone
        return "", []
    array = function.value if method and isinstance(function, ast.Attribute) else sizes.pop(0)
    if not isinstance(array, ast.Name) or not sizes:
        return "", []
    if len(sizes) > 1:
        return array.id, sizes
    front = sizes[0]
    while isinstance(front, ast.BinOp) and isinstance(front.op, ast.Add):
        front = front.left
    return array.id, front.elts if isinstance(front, ast.Tuple | ast.List) else [front]


def _end_of_part(node: ast.expr, name: str) -> int | None:
    """The 2 of `x.shape[:2]`."""
    match node:
        case ast.Subscript(value=shape, slice=ast.Slice(lower=None, upper=ast.expr() as end, step=None)) if (
            _is_shape(shape, name)
        ):
            return _integer(end)
    return None


def _place(node: ast.expr, name: str) -> int | None:
    """The 1 of `x.shape[1]`."""
    match node:
        case ast.Subscript(value=shape, slice=ast.expr() as index) if _is_shape(shape, name):
            return _integer(index)
    return None


def _is_shape(node: ast.expr, name: str) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id=own), attr="shape"):
            return own == name
    return False


def _integer(node: ast.expr) -> int | None:
    match node:
        case ast.Constant(value=int() as number):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as number)):
            return -number
    return None
