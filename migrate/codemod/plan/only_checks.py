"""`check_length(features, self.depth)` in setup, a function that raises or does nothing.

A constructor can call it once, where Linen's setup does so at every apply.
"""

import ast
from collections.abc import Collection, Sequence

from ..inlining.builders import is_bound_once
from ..model import LinenClass
from ..trees import walk

_ASKING = frozenset({"all", "any", "callable", "getattr", "hasattr", "issubclass"})
"""Builtin functions that say something of what they are given, besides those that any expression may call."""


def only_checks(cls: LinenClass, function: ast.expr, plain: Collection[str]) -> bool:
    """Tells whether a function of the file asks for what it is given, with `plain` builtin functions, and raises."""
    name = function.id if isinstance(function, ast.Name) else ""
    found = [n for n in cls.source.tree.body if isinstance(n, ast.FunctionDef) and n.name == name]
    known = len(found) == 1 and is_bound_once(name, cls.source) and not found[0].decorator_list
    return known and _checks(found[0].body, {*plain, *_ASKING} - cls.names.aliases.keys())


def _checks(body: Sequence[ast.stmt], asking: Collection[str]) -> bool:
    return all(_is_check(statement, asking) for statement in body)


def _is_check(statement: ast.stmt, asking: Collection[str]) -> bool:
    match statement:
        case (
            ast.If(test=test, body=body, orelse=other)
            | ast.For(target=ast.Name(), iter=test, body=body, orelse=other)
        ):
            return _asks(test, asking) and _checks(body, asking) and _checks(other, asking)
        case ast.Assert(test=test):
            return _asks(test, asking)
        case ast.Raise() | ast.Pass() | ast.Expr(value=ast.Constant()) | ast.Return(value=None):
            return True
    return False


def _asks(test: ast.expr, asking: Collection[str]) -> bool:
    """Tells whether an expression changes nothing."""
    calls = [n.func for n in walk(test) if isinstance(n, ast.Call)]
    odd = any(isinstance(n, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom) for n in walk(test))
    return not odd and all(isinstance(f, ast.Name) and f.id in asking for f in calls)
