"""Lists of submodules that are written down, and may go on with what a loop adds: `[Dense(4), Block(2)]`."""

import ast

from .values import Items, Keeping, Made, Value


def modules(value: Value) -> tuple[Made | Keeping, ...]:
    """Returns a list of submodules, and functions between them; the last one may stand for many."""
    items = value.items if isinstance(value, Items) else ()
    found = tuple(item for item in items if isinstance(item, Made | Keeping))
    return found if len(found) == len(items) and any(isinstance(item, Made) for item in found) else ()


def goes_on(value: Items) -> bool:
    """Tells whether a loop adds to the list: how many elements it has is not known."""
    return any(isinstance(item, Made) and item.many for item in value.items)


def element(value: Items, index: ast.expr) -> Value:
    """Returns an element of a list that goes on: one that it starts with, or all that follow them."""
    first = len(value.items) - 1
    match index:
        case ast.Constant(value=int(place)) if 0 <= place < first:
            return value.items[place]
        case ast.Slice(lower=ast.Constant(value=int(place)), upper=None, step=None) if place == first:
            return value.items[first]
    return None


def is_but_last(index: ast.expr) -> bool:
    """Tells whether a slice leaves out the last element: `[:-1]`."""
    match index:
        case ast.Slice(lower=None, upper=ast.expr() as end, step=None):
            return is_minus_one(end)
    return False


def is_turned(index: ast.expr) -> bool:
    """Tells whether a slice is the whole from the end: `[::-1]`."""
    match index:
        case ast.Slice(lower=None, upper=None, step=ast.expr() as step):
            return is_minus_one(step)
    return False


def is_minus_one(node: ast.expr) -> bool:
    """Tells whether an index is the last place."""
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1)):
            return True
    return False
