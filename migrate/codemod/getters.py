"""Properties that give one value: a size of the fields, or the one or the other submodule."""

import ast
from collections.abc import Sequence

from .matches import is_property
from .model import LinenClass, Method
from .trees import walk


def given_by(method: Method) -> ast.expr | None:
    """Returns what a property gives as one expression; None for a method, and for one that does more than choose."""
    body = method.node.body
    start = 1 if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) else 0
    return _value(body[start:]) if is_property(method.node) and method.this else None


def _value(body: Sequence[ast.stmt]) -> ast.expr | None:
    match body:
        case [ast.Return(value=ast.expr() as value)]:
            return value
        case [ast.If(test=test, body=yes, orelse=no) as asked, *rest] if not (no and rest):
            one, other = _value(yes), _value(no or rest)
            if one is not None and other is not None:
                return ast.copy_location(ast.IfExp(test, one, other), asked)
        case [ast.Raise()]:
            return ast.copy_location(ast.Constant(None), body[0])  # whoever asks does not go on
        case []:
            return ast.Constant(None, lineno=0, col_offset=0, end_lineno=0, end_col_offset=0)
    return None


def handed_out(cls: LinenClass, method: Method, node: ast.AST) -> list[tuple[Method, ast.Attribute]] | None:
    """Returns where the class asks for the property that gives a module; None where no property gives it."""
    value = given_by(method)
    if value is None or node not in _sides(value):
        return None
    name = method.node.name
    attributes = [(m, n) for m in cls.methods.values() for n in walk(m.node) if isinstance(n, ast.Attribute)]
    return [(m, n) for m, n in attributes if m.is_this(n, name)]


def gives(cls: LinenClass, attribute: str) -> bool:
    """Tells whether a property gives what the module keeps under a name."""
    values = [(m, v) for m in cls.methods.values() if (v := given_by(m)) is not None]
    return any(m.is_this(side, attribute) for m, value in values for side in _sides(value))


def _sides(value: ast.expr) -> list[ast.expr]:
    """The expressions that a choice is one of."""
    if isinstance(value, ast.IfExp):
        return [*_sides(value.body), *_sides(value.orelse)]
    return [value]
