"""Lists of arrays that a method takes from again: `skips.pop()` gives the item that was put there last."""

import ast
from typing import TYPE_CHECKING

from ..model import Method
from .filled import is_own
from .pushed import alike, parts_of, stacked
from .values import Items, Many, Pushed, Stack, Value

if TYPE_CHECKING:
    from .evaluate import Evaluator

_CHANGE = frozenset({"pop", "append", "extend", "insert", "remove", "reverse", "sort", "clear"})
_READERS = frozenset({"len", "reversed", "zip", "enumerate", "tuple", "list"})
_STATEMENTS = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return
_BETWEEN = ast.Call | ast.BinOp | ast.Tuple | ast.List | ast.keyword | ast.Attribute


def popped(scope: "Evaluator", node: ast.Call) -> Value:
    """Returns the last item where `node` takes it from a list; a list that is changed otherwise is not known behind."""
    match node.func:
        case ast.Attribute(ast.Name(name), attr) if attr in _CHANGE:
            held = scope.env.get(name)
        case _:
            return None
    if not isinstance(held, Items | Many | Stack) or node in scope.taken:
        return scope.taken.get(node)
    if _is_statement(scope, node):
        return None  # which follows lists that are filled itself
    item, rest = (
        _last(held) if attr == "pop" and not node.args and _is_alone(scope, node, name) else (None, None)
    )
    scope.env[name], scope.taken[node] = rest, item
    return item


def _is_statement(scope: "Evaluator", node: ast.Call) -> bool:
    return isinstance(scope.method.parents.get(node), ast.Expr)


def _last(held: Items | Many | Stack) -> tuple[Value, Value]:
    """The last item, and the list without it."""
    if isinstance(held, Many):
        return held.item, held
    parts = parts_of(held)
    if not parts:
        return None, None
    if not isinstance(parts[-1], Pushed):
        return parts[-1], stacked(parts[:-1])
    same = alike(held) if isinstance(held, Stack) else None
    return (same.item, same) if same is not None else (None, None)


def _is_alone(scope: "Evaluator", node: ast.Call, name: str) -> bool:
    """Tells whether the statement comes to the call once, in any case, and mentions the list nowhere else."""
    method = scope.method
    if node not in method.parents or not is_own(method, name):
        return False
    spelled = [n for n in ast.walk(method.node) if isinstance(n, ast.Name) and n.id == name]
    beside = [n for n in spelled if method.statement(n) is method.statement(node)]
    plain = isinstance(method.statement(node), _STATEMENTS)
    return plain and len(beside) == 1 and all(_is_seen(method, n) for n in spelled)


def _is_seen(method: Method, name: ast.Name) -> bool:
    """Tells whether a place makes the list, fills it, takes from it or reads it, in no function of its own."""
    above = method.parents[name]
    if any(isinstance(a, ast.FunctionDef | ast.Lambda) for a in method.above(name)):
        return False
    match above:
        case ast.Attribute(attr="append" | "pop"):
            return isinstance(method.parents[above], ast.Call) and _in_turn(method, above)
        case ast.Subscript(ctx=ast.Load()) | ast.Assign() | ast.Return():
            return True
        case ast.Call(func=ast.Name(id=function)):
            return function in _READERS
    return False


def _in_turn(method: Method, node: ast.AST) -> bool:
    """Tells whether nothing in the statement has an expression run several times, or not at all."""
    above = [node]
    while not isinstance(above[-1], ast.stmt):
        above.append(method.parents[above[-1]])
    return all(isinstance(a, _BETWEEN) for a in above[:-1])
