"""Linen functions whose NNX twin takes one tuple where they take several arguments."""

import ast

from ...catalog.functions import TUPLED
from ..names import Names
from ..trees import walk


def tupled(root: ast.AST, names: Names) -> dict[ast.expr, str]:
    """Returns the twin by what is called, for calls whose result is taken apart: Linen's is a list, NNX's a tuple."""
    found = {}
    for node in walk(root):
        match node:
            case (
                ast.Assign(targets=[ast.Tuple() | ast.List()], value=ast.Call(func=func, args=[_, *_]))
                | ast.Subscript(
                    value=ast.Call(func=func, args=[_, *_]),
                    slice=ast.Constant() | ast.UnaryOp(),
                    ctx=ast.Load(),
                )
            ):
                twin = TUPLED.get(names.linen(func) or "")
                if twin is not None:
                    found[func] = twin
    return found
