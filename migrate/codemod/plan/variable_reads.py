"""Where a Variable of NNX stands for its array: in arithmetic, and where its shape or a part of it is asked for."""

import ast

from ..model import Method

_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.MatMult, ast.FloorDiv, ast.Mod)
_FORWARDED = frozenset({"shape", "dtype", "ndim", "size"})


def stands_for_array(method: Method, node: ast.AST) -> bool:
    """Tells whether a read of a variable is the same with the Variable itself."""
    match method.parents[node]:
        case ast.BinOp(op=op):
            return isinstance(op, _ARITHMETIC)
        case ast.UnaryOp(op=ast.USub()) | ast.Compare(ops=[ast.Is() | ast.IsNot()]):
            return True
        case ast.Attribute(attr=attr):
            return attr in _FORWARDED
        case ast.Subscript(value=value):
            return value is node
    return False
