"""Shapes that are filled up with ones: `(x.shape[0],) + (1,) * (x.ndim - 1)`."""

import ast
from typing import TYPE_CHECKING

from .ranks import of_rank, ranks_of
from .terms import const
from .values import Array, Items, Shape

if TYPE_CHECKING:
    from .evaluate import Evaluator


def with_ones(scope: "Evaluator", node: ast.BinOp, first: Items) -> Shape | None:
    """Returns the shape of as many axes as another array has, of which the last is 1."""
    array = scope.seen.get(whose) if (whose := _filled(node, len(first.items))) is not None else None
    if not isinstance(array, Array) or not scope.assume(array, len(first.items) + 1):
        return None
    found = of_rank(ranks_of(array), const(1))
    return Shape(found) if found is not None else None


def _filled(node: ast.BinOp, count: int) -> ast.expr | None:
    """The array of which all but `count` axes are filled up with ones."""
    match node:
        case ast.BinOp(
            op=ast.Add(),
            right=ast.BinOp(
                left=ast.Tuple(elts=[ast.Constant(value=1)]),
                op=ast.Mult(),
                right=ast.BinOp(left=axes, op=ast.Sub(), right=ast.Constant(value=int() as less)),
            ),
        ) if less == count:
            return counted(axes)
    return None


def counted(node: ast.expr) -> ast.expr | None:
    """The array of `x.ndim` or `len(x.shape)`."""
    match node:
        case ast.Attribute(value=array, attr="ndim"):
            return array
        case ast.Call(func=ast.Name(id="len"), args=[ast.Attribute(value=array, attr="shape")], keywords=[]):
            return array
    return None
