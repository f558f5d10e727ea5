"""Lists whose last submodule is called by itself: `for layer in self.layers[:-1]`, then `self.layers[-1](x)`."""

import ast

from ..flow.modules import is_but_last, is_minus_one
from ..model import Method
from ..trees import walk


def all_but_last(node: ast.AST) -> ast.expr | None:
    """Returns `self.layers` of `self.layers[:-1]`."""
    return node.value if isinstance(node, ast.Subscript) and is_but_last(node.slice) else None


def last_call(method: Method, loop: ast.For, name: str) -> ast.Call | None:
    """Returns the one call of the last element, which runs once behind the loop, itself at the top of the method."""
    calls = [c for c in walk(method.node) if isinstance(c, ast.Call) and _is_last(method, c.func, name)]
    if len(calls) != 1 or method.parents[loop] is not method.node:
        return None
    statement = method.statement(calls[0])
    plain = isinstance(statement, ast.Assign | ast.Return | ast.Expr | ast.AnnAssign)
    whole = not any(isinstance(a, _SOMETIMES) for a in method.above(calls[0]))
    behind = method.parents[statement] is method.node and statement.lineno > loop.lineno
    return calls[0] if plain and whole and behind else None


_SOMETIMES = (
    ast.IfExp | ast.BoolOp | ast.Lambda | ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp
)


def _is_last(method: Method, node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Subscript) and method.is_this(node.value, name) and is_minus_one(node.slice)
