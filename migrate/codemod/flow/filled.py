"""Lists that a method fills with arrays: `skips = []`, then `skips.append(x)` in each round of a loop."""

import ast
from typing import TYPE_CHECKING

from ..bindings import aliases, statements
from ..model import Method
from .values import Array, Items, Many, Stack, Value

if TYPE_CHECKING:
    from .body import Body


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
                return {name: before if before.item == item else None}
    return {}


def is_own(method: Method, name: str) -> bool:
    """Tells whether the method makes the list itself, once, and calls it by no other name."""
    order = list(statements(method.node.body))
    made = [s.value for s in order if isinstance(s, ast.Assign) and _binds(s, name)]
    alone = len(made) == 1 and isinstance(made[0], ast.List)
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
