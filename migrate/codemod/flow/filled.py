"""Lists that a method fills with arrays: `skips = []`, then `skips.append(x)` in each round of a loop."""

import ast
from collections.abc import Collection
from typing import TYPE_CHECKING

from ..bindings import aliases, statements
from ..model import Method
from .mixed import one_by_one
from .values import Array, Items, Many, Mixed, Stack, Value

if TYPE_CHECKING:
    from .body import Body

_READERS = frozenset({"len", "reversed", "zip", "enumerate", "tuple", "list"})
_BETWEEN = ast.Call | ast.BinOp | ast.Tuple | ast.List | ast.keyword | ast.Attribute


def filled(body: "Body", statement: ast.stmt) -> dict[str, Value]:
    """Returns what the list is behind `name.append(value)`; nothing for any other statement, or another list."""
    match statement:
        case ast.Expr(ast.Call(ast.Attribute(ast.Name(name), "append"), [node], [])) if is_own(
            body.method, name
        ):
            before, item = body.env.get(name), body.evaluator.seen.get(node)
            if isinstance(before, Items):
                return {name: Items((*before.items, item))}
            if isinstance(before, Stack):
                return {name: Stack((*before.parts, item))}
            if isinstance(before, Many):
                return {name: before if before == Many(item) else one_by_one(before, Items((item,)))}
            if isinstance(before, Mixed):
                return {name: one_by_one(before, Items((item,)))}
    return {}


def is_own(method: Method, name: str) -> bool:
    """Tells whether the method makes the list itself, once, and calls it by no other name."""
    order = list(statements(method.node.body))
    made = [s.value for s in order if isinstance(s, ast.Assign) and _binds(s, name)]
    alone = len(made) == 1 and isinstance(made[0], ast.List | ast.ListComp)
    return alone and aliases(order, name, method.parameters) == {name}


def _binds(statement: ast.Assign, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for t in statement.targets for n in ast.walk(t))


def many(before: Value, after: Value) -> Many | None:
    """Returns the list that has grown in a round of a loop, where all of its items are alike."""
    items = [*_items(before), *_items(after)]
    alike = items and all(isinstance(item, Array) and item == items[0] for item in items)
    return Many(items[0]) if alike else None


def _items(value: Value) -> tuple[Value, ...]:
    if isinstance(value, Many):
        return (value.item,)
    return value.items if isinstance(value, Items) else (None,)


def all_seen(method: Method, name: str) -> bool:
    """Tells whether a list is the method's own, and nothing is done with it that is not followed."""
    return is_own(method, name) and all(_is_seen(method, n) for n in spelled(method, name))


def is_followed(method: Method, node: ast.AST, lists: Collection[str]) -> bool:
    """Tells whether those of `lists` that a node names have no other name, and no function of its own has one."""
    order = list(statements(method.node.body))
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} & {*lists}
    mentions = [n for name in names for n in spelled(method, name)]
    inside = any(isinstance(a, ast.FunctionDef | ast.Lambda) for n in mentions for a in method.above(n))
    return not inside and all(aliases(order, name, method.parameters) == {name} for name in names)


def spelled(method: Method, name: str) -> list[ast.Name]:
    return [n for n in ast.walk(method.node) if isinstance(n, ast.Name) and n.id == name]


def _is_seen(method: Method, name: ast.Name) -> bool:
    """Tells whether a place makes the list, fills it, takes from it or reads it, in no function of its own."""
    above = method.parents[name]
    if any(isinstance(a, ast.FunctionDef | ast.Lambda) for a in method.above(name)):
        return False
    match above:
        case ast.Attribute(attr="append" | "pop"):
            return isinstance(method.parents[above], ast.Call) and in_turn(method, above)
        case ast.Subscript(ctx=ast.Load()) | ast.Assign() | ast.Return():
            return True
        case ast.Call(func=ast.Name(id=function)):
            return function in _READERS
    return False


def in_turn(method: Method, node: ast.AST) -> bool:
    """Tells whether nothing in the statement has an expression run several times, or not at all."""
    above = [node]
    while not isinstance(above[-1], ast.stmt):
        above.append(method.parents[above[-1]])
    return all(isinstance(a, _BETWEEN) for a in above[:-1])
