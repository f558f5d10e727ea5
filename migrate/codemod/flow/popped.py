"""Lists of arrays that a method takes from again: `skips.pop()` gives the item that was put there last."""

import ast
from typing import TYPE_CHECKING

from .ends import taken
from .filled import all_seen, spelled
from .mixed import mixed
from .pushed import alike, parts_of, placed, stacked
from .terms import Term
from .values import Items, Many, Mixed, Pushed, Stack, Value

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
    if not isinstance(held, Items | Many | Stack | Mixed) or node in scope.taken:
        return scope.taken.get(node)
    if _is_statement(scope, node):
        return None  # which follows lists that are filled itself
    item, rest = (
        _last(held) if attr == "pop" and not node.args and _is_alone(scope, node, name) else (None, None)
    )
    if item is None and (item := taken(scope, node, held)) is not None:
        rest = mixed(held)
    scope.env[name], scope.taken[node] = rest, item
    return item


def taken_at(scope: "Evaluator", held: Stack, node: ast.Subscript) -> Value:
    """Returns `skips[i]` or `skips[-i - 1]`, where a loop around it counts its rounds by that name."""
    counter, back = _place(node.slice)
    if not isinstance(node.value, ast.Name) or counter is None or not _counts(scope, node, counter.id):
        return None
    at, count = scope.value(node.slice), scope.value(counter)
    known = all_seen(scope.method, node.value.id) and isinstance(at, Term) and isinstance(count, Term)
    return placed(held, at, count if back else None) if known else None  # type: ignore[arg-type]


def _place(index: ast.expr) -> tuple[ast.Name | None, bool]:
    """The counter in an index, and whether it counts from the last."""
    match index:
        case ast.Name():
            return index, False
        case (
            ast.BinOp(ast.UnaryOp(ast.USub(), ast.Name() as counter), ast.Sub(), ast.Constant(1))
            | ast.UnaryOp(ast.USub(), ast.BinOp(ast.Name() as counter, ast.Add(), ast.Constant(1)))
            | ast.BinOp(ast.UnaryOp(ast.USub(), ast.Constant(1)), ast.Sub(), ast.Name() as counter)
        ):
            return counter, True
    return None, False


def _counts(scope: "Evaluator", node: ast.Subscript, place: str) -> bool:
    """Tells whether a name is bound by one loop around a node, which counts from 0, up or down."""
    if node not in scope.method.parents:
        return False
    loops = [a for a in scope.method.above(node) if isinstance(a, ast.For)]
    bound = [n for a in loops for n in ast.walk(a) if isinstance(n, ast.Name) and n.id == place]
    stores = [n for n in bound if isinstance(n.ctx, ast.Store)]
    counting = [a for a in loops if _counter(a) == place]
    return len({*stores}) == 1 and len(counting) == 1


def _counter(loop: ast.For) -> str:
    match loop.iter, loop.target:
        case ast.Call(
            func=ast.Name(id="reversed"), args=[ast.Call(func=ast.Name(id="range"), args=[_])]
        ), ast.Name(id=name):
            return name
        case ast.Call(func=ast.Name(id="range"), args=[_]), ast.Name(id=name):
            return name
        case ast.Call(func=ast.Name(id="enumerate"), args=[_], keywords=[]), ast.Tuple(
            elts=[ast.Name(id=name), _]
        ):
            return name
    return ""


def _is_statement(scope: "Evaluator", node: ast.Call) -> bool:
    return isinstance(scope.method.parents.get(node), ast.Expr)


def _last(held: Items | Many | Stack | Mixed) -> tuple[Value, Value]:
    """The last item, and the list without it."""
    if isinstance(held, Many):
        return held.item, Many(held.item)
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
