"""Branches of a loop that each make a submodule, so that every round makes exactly one."""

import ast
from collections.abc import Collection, Sequence

_BLOCKS = ast.For | ast.While | ast.Try | ast.Match | ast.FunctionDef


def one_each_round(loop: ast.For, calls: Collection[ast.Call]) -> bool:
    """Tells whether every way through the body of `loop` comes to exactly one of `calls`."""
    return _count(loop.body, calls) == 1


def _count(body: Sequence[ast.stmt], calls: Collection[ast.Call]) -> int | None:
    """How many of them a block makes, or None where that depends on the way."""
    total = 0
    for statement in body:
        if isinstance(statement, ast.If):
            yes, no = _count(statement.body, calls), _count(statement.orelse, calls)
            if yes is None or yes != no:
                return None
            total += yes + _within(statement.test, calls)
        elif isinstance(statement, ast.With) and not any(_within(item, calls) for item in statement.items):
            inside = _count(statement.body, calls)
            if inside is None:
                return None
            total += inside
        elif _within(statement, calls):
            choice = any(
                isinstance(n, ast.IfExp | ast.BoolOp) and _within(n, calls) for n in ast.walk(statement)
            )
            if isinstance(statement, _BLOCKS | ast.With) or choice:
                return None
            total += _within(statement, calls)
    return total


def _within(node: ast.AST, calls: Collection[ast.Call]) -> int:
    return sum(n in calls for n in ast.walk(node))
