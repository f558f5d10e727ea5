"""What a module tells people of itself, which a computation does not depend on."""

import ast

from ..bindings import stored
from ..model import LinenClass, Method
from .says import says


def in_message(method: Method, node: ast.AST) -> bool:
    """Tells whether `node` is written into the text of an error that is raised: `raise ValueError(f"{self} ...")`."""
    text = isinstance(method.parents[node], ast.FormattedValue)
    return text and isinstance(method.statement(node), ast.Raise)


def asks_for_own_class(cls: LinenClass, method: Method, node: ast.Name) -> bool:
    """`if type(self) is Old: warnings.warn(...)`: no more than a message, or an error, depends on that.

    A transform of Linen makes another class of it.
    """
    call = method.parents[node]
    test = method.parents.get(call)
    match call, test:
        case (
            ast.Call(func=ast.Name(id="type"), args=[ast.Name()], keywords=[]),
            ast.Compare(left=left, ops=[ast.Is() | ast.IsNot()], comparators=[ast.Name(id=cls.short)]),
        ) if left is call:
            known = "type" not in {*method.parameters, *stored(method.node), *cls.names.aliases}
            return known and _only_says(cls, method.parents[test], test)
    return False


def _only_says(cls: LinenClass, statement: ast.AST, test: ast.expr) -> bool:
    """Tells whether a condition decides on messages and errors alone."""
    match statement:
        case ast.If(test=asked, body=body, orelse=[]) if asked is test:
            return all(_is_said(cls, each) for each in body)
    return False


def _is_said(cls: LinenClass, statement: ast.stmt) -> bool:
    told = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
    return isinstance(statement, ast.Raise) or (told and says(cls, statement.value))  # type: ignore[attr-defined]
