"""Lists of arrays that a method takes from again: `skips.pop()` gives the item that was put there last."""

import ast
from typing import TYPE_CHECKING

from .filled import all_seen, spelled
from .pushed import alike, parts_of, stacked
from .values import Items, Many, Pushed, Stack, Value

if TYPE_CHECKING:
    from .evaluate import Evaluator

_CHANGE = frozenset({"pop", "append", "extend", "insert", "remove", "reverse", "sort", "clear"})
_STATEMENTS = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return


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
    if node not in method.parents or not all_seen(method, name):
        return False
    beside = [n for n in spelled(method, name) if method.statement(n) is method.statement(node)]
    return isinstance(method.statement(node), _STATEMENTS) and len(beside) == 1
