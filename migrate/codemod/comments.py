"""The comments that belong to a statement: those on the lines right above it, and the one behind it."""

import ast

from .source import Source


def comments_above(source: Source, statement: ast.stmt | ast.expr) -> list[str]:
    """Returns the comments that stand on lines of their own right above a statement."""
    first = last = statement.lineno - 1
    while first and source.lines[first - 1].strip().startswith("#"):
        first -= 1
    return [line.strip() for line in source.lines[first:last]]


def comment_behind(source: Source, statement: ast.stmt) -> str:
    """Returns the comment that stands behind a statement on its last line."""
    text = source.behind(statement)
    return text if text.startswith("#") else ""


def comments_of(source: Source, statement: ast.stmt) -> list[str]:
    """Returns the comments right above a statement, and the one behind it."""
    behind = comment_behind(source, statement)
    return [*comments_above(source, statement), *([behind] if behind else [])]
