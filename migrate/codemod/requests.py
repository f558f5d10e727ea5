"""Conditions that ask the caller: for an argument that is given, or for what an argument is by default."""

import ast

from .bindings import default_of, defines, is_none_by_default, may_be_missing, statements, stored
from .branches import Way, said, test_of
from .model import Method
from .trees import walk


def on_request(method: Method, way: Way) -> bool:
    """Tells whether a place is come to whenever some arguments are given, and others are what they are by default."""
    return all(
        given_by(method, *step) != "" or missing_by(method, *step) != "" or by_default(method, *step)
        for step in way
    )


def given_by(method: Method, condition: ast.AST, part: str) -> str:
    """Returns the argument, which may be None, with which this part of a condition runs; "" for any other part."""
    return _asked_by(method, condition, {"body": True, "orelse": False}.get(part))


def missing_by(method: Method, condition: ast.AST, part: str) -> str:
    """Returns the argument, None by default, without which this part of a condition runs."""
    return _asked_by(method, condition, {"body": False, "orelse": True}.get(part))


def asked_for(method: Method, condition: ast.If | ast.IfExp) -> str:
    """Returns the argument, which may be None, with which the first part of a condition or a choice runs."""
    name, runs = _asked(method, condition.test) or ("", False)
    return name if runs and may_be_missing(method, name) else ""


def done_without(method: Method, condition: ast.If | ast.IfExp) -> str:
    """Returns the argument, None by default, without which the first part of a condition or a choice runs.

    `if embedded is None: embedded = nn.Embed(9, 4)(ids)`, where the name is still that of the argument.
    """
    name, runs = _asked(method, condition.test) or ("", True)
    optional = is_none_by_default(method, name) and _is_as_given(method, condition, name)
    return name if not runs and optional else ""


def _is_as_given(method: Method, condition: ast.If | ast.IfExp, name: str) -> bool:
    """Tells whether nothing binds an argument anew before a condition, nor in a round of a loop around it."""
    own, order = method.statement(condition), statements(method.node.body)
    before = [s for s in order if s.lineno < own.lineno and name in defines(s)]
    around = [a for a in method.above(condition) if isinstance(a, ast.For | ast.While)]
    inside = [n.target.id for n in walk(method.node) if isinstance(n, ast.NamedExpr)]
    return not before and name not in inside and not any(name in stored(a) for a in around)


def _asked_by(method: Method, condition: ast.AST, given: bool | None) -> str:
    test = test_of(condition) if not isinstance(condition, ast.IfExp) else None
    asked = _asked(method, test) if test is not None else None
    name, runs = asked if asked is not None else ("", None)
    may_be = may_be_missing if given else is_none_by_default
    return name if runs is given and may_be(method, name) else ""


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


def by_default(method: Method, condition: ast.AST, part: str) -> bool:
    """Tells whether this part of a condition runs where the arguments are what they are by default.

    `if not deterministic and skips` is left out of a call without arguments, for `deterministic=True`.
    """
    test = test_of(condition) if not isinstance(condition, ast.IfExp) else None
    if test is None:
        return False
    return _by_default(method, test) is {"body": True, "orelse": False}.get(part)


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
