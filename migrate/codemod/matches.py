"""`match self.kind:` with plain values, read as the `if` and `elif` that ask the same."""

import ast
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from .names import first_name


def as_conditions(function: ast.FunctionDef) -> ast.FunctionDef:
    """Returns the function with an `if` in the place of each `match` that only compares, at the same place."""
    if not any(isinstance(n, ast.Match) for n in ast.walk(function)):
        return function
    return _with(function, body=_block(function.body))  # type: ignore[no-any-return]


def is_property(function: ast.FunctionDef) -> bool:
    """Tells whether a function of a class is a property, and nothing more."""
    decorators = function.decorator_list
    return len(decorators) == 1 and isinstance(decorators[0], ast.Name) and decorators[0].id == "property"


def _block(block: Sequence[ast.stmt]) -> list[ast.stmt]:
    return [_statement(statement) for statement in block]


def _statement(statement: ast.stmt) -> ast.stmt:
    match statement:
        case ast.If(body=body, orelse=orelse) | ast.For(body=body, orelse=orelse):
            return _with(statement, body=_block(body), orelse=_block(orelse))  # type: ignore[no-any-return]
        case ast.Match(subject=subject, cases=cases) if (
            first_name(subject) and len(cases) > 1 and _are_values(cases)
        ):
            chain = _chain(subject, cases)[0]
            return ast.copy_location(chain, statement)
    return statement


def _are_values(cases: Sequence[ast.match_case]) -> bool:
    """Tells whether all are values, but for a last one that takes whatever is left."""
    last = cases[-1].pattern
    rest = isinstance(last, ast.MatchAs) and last.pattern is None and last.name is None
    values = cases[:-1] if rest else cases
    known = all(isinstance(c.pattern, ast.MatchValue | ast.MatchSingleton) for c in values)
    return known and not any(c.guard for c in cases)


def _chain(subject: ast.expr, cases: Sequence[ast.match_case]) -> list[ast.stmt]:
    """What runs from the first of the cases on."""
    if not cases:
        return []
    pattern, body = cases[0].pattern, _block(cases[0].body)
    if not isinstance(pattern, ast.MatchValue | ast.MatchSingleton):
        return body
    test = ast.copy_location(_test(subject, pattern), pattern)
    others = _chain(deepcopy(subject), cases[1:])
    return [ast.copy_location(ast.If(test, body, others), pattern)]


def _test(subject: ast.expr, pattern: ast.MatchValue | ast.MatchSingleton) -> ast.Compare:
    if isinstance(pattern, ast.MatchValue):
        return ast.Compare(subject, [ast.Eq()], [pattern.value])
    return ast.Compare(subject, [ast.Is()], [ast.copy_location(ast.Constant(pattern.value), pattern)])


def _with(node: Any, **fields: Sequence[ast.stmt]) -> Any:
    """A copy of a block with other statements, at the same place of the file."""
    parts = dict(ast.iter_fields(node)) | fields
    return ast.copy_location(type(node)(**parts), node)


__all__ = ["as_conditions", "is_property"]
