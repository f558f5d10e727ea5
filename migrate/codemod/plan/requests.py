"""Conditions that ask the caller: for an argument that is given, or for what an argument is by default."""

import ast

from ..bindings import default_of, may_be_missing, stored
from ..model import Method
from .branches import Way


def on_request(method: Method, way: Way) -> bool:
    """Tells whether a place is come to whenever some arguments are given, and others are what they are by default."""
    return all(
        (part == "body" and given_by(method, condition) != "") or by_default(method, condition, part)
        for condition, part in way
    )


def given_by(method: Method, condition: ast.AST) -> str:
    """Returns the argument, None by default, that a condition asks for; nothing for any other condition."""
    match condition:
        case ast.If(
            test=ast.Compare(left=ast.Name(id=name), ops=[ast.IsNot()], comparators=[ast.Constant(None)])
        ):
            return name if may_be_missing(method, name) else ""
    return ""


def by_default(method: Method, condition: ast.AST, part: str) -> bool:
    """Tells whether this part of a condition runs where the arguments are what they are by default.

    `if not deterministic and skips` is left out of a call without arguments, for `deterministic=True`.
    """
    if not isinstance(condition, ast.If):
        return False
    return _by_default(method, condition.test) is {"body": True, "orelse": False}.get(part)


def _by_default(method: Method, test: ast.expr) -> bool | None:
    """The value of a test with the defaults in it, where these alone decide it."""
    match test:
        case ast.Name(id=name) if name in method.parameters and name not in stored(method.node):
            default = default_of(method, name)
            value = default.value if isinstance(default, ast.Constant) else None
            return value if isinstance(value, bool) else None
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            found = _by_default(method, operand)
            return None if found is None else not found
        case ast.BoolOp(op=sign, values=values):
            decides = isinstance(sign, ast.Or)
            known = [_by_default(method, value) for value in values]
            if decides in known:
                return decides
            return None if None in known else not decides
    return None
