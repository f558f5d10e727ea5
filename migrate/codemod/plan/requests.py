"""Conditions that ask the caller: for an argument that is given, or for what an argument is by default."""

import ast

from ..bindings import default_of, may_be_missing, stored
from ..branches import Way
from ..model import Method
from ..trees import walk


def on_request(method: Method, way: Way) -> bool:
    """Tells whether a place is come to whenever some arguments are given, and others are what they are by default."""
    return all(
        given_by(method, *step) != "" or missing_by(method, *step) != "" or by_default(method, *step)
        for step in way
    )


def given_by(method: Method, condition: ast.AST, part: str) -> str:
    """Returns the argument, None by default, with which this part of a condition runs; nothing for any other part."""
    return _asked_by(method, condition, {"body": True, "orelse": False}.get(part))


def missing_by(method: Method, condition: ast.AST, part: str) -> str:
    """Returns the argument, None by default, without which this part of a condition runs."""
    return _asked_by(method, condition, {"body": False, "orelse": True}.get(part))


def _asked_by(method: Method, condition: ast.AST, given: bool | None) -> str:
    asked = _asked(method, condition.test) if isinstance(condition, ast.If) else None
    name, runs = asked if asked is not None else ("", None)
    return name if runs is given and may_be_missing(method, name) else ""


def _asked(method: Method, test: ast.expr) -> tuple[str, bool] | None:
    """The argument that a test asks for, also through a local name, and whether it holds where that is given."""
    match said(method, test):
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            found = _asked(method, operand)
            return None if found is None else (found[0], not found[1])
        case ast.Compare(
            left=ast.Name(id=name), ops=[ast.Is() | ast.IsNot() as sign], comparators=[ast.Constant(None)]
        ):
            return name, isinstance(sign, ast.IsNot)
    return None


def said(method: Method, test: ast.expr) -> ast.expr:
    """Returns what a local name stands for that the method binds once, on its way to everything else.

    `is_cross = states is not None` asks for an argument where nothing binds `states` anew.
    """
    if not isinstance(test, ast.Name) or test.id in method.parameters:
        return test
    bound = [n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == test.id and _binds(n)]
    maker = method.parents[bound[0]] if len(bound) == 1 else None
    if (
        not isinstance(maker, ast.Assign)
        or maker.targets != bound
        or method.parents[maker] is not method.node
    ):
        return test
    names = {n.id for n in walk(maker.value) if isinstance(n, ast.Name)}
    return maker.value if not names & stored(method.node) else test


def _binds(name: ast.Name) -> bool:
    return not isinstance(name.ctx, ast.Load)


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
