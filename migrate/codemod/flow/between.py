"""Axes of an array of any rank, counted by a range: `jnp.mean(x, axis=tuple(range(x.ndim - 1)))`."""

import ast
from typing import TYPE_CHECKING

from .arrays import Assume
from .ones import counted
from .ranks import of_either, ranks_of
from .values import SOMEWHERE, Array, Between

if TYPE_CHECKING:
    from .evaluate import Evaluator


def axes_between(scope: "Evaluator", ends: list[ast.expr]) -> Between | None:
    """Returns the axes that `range(1, x.ndim - 1)` counts, with or without its start."""
    match ends:
        case [*start, ast.BinOp(left=left, op=ast.Sub(), right=ast.Constant(value=int() as behind))]:
            first = [s.value for s in start if isinstance(s, ast.Constant) and isinstance(s.value, int)]
            whose = counted(left)
            array = scope.value(whose) if whose is not None and behind > 0 else None
            if len(start) == len(first) < 2 and isinstance(array, Array):
                return Between(array, first[0] if first else 0, behind)
    return None


def without(array: Array, axes: Between, keep: bool, assume: Assume) -> Array | None:
    """Returns the shape of a sum or mean over them: the first and the last axes are left."""
    ranks = ranks_of(array)
    if len(ranks) != 1 or ranks != ranks_of(axes.array) or not assume(array, axes.start + axes.behind):
        return None
    last = tuple(array.at(-place) for place in range(axes.behind, 0, -1))
    if keep:
        return of_either(array, array, last) or Array(SOMEWHERE, len(last), last)
    tail = (*(array.at(place) for place in range(axes.start)), *last)
    return Array(None, 0, tail, len(tail))
