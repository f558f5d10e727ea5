"""`# migrate-norm: skip` on a class, or at the top of a file."""

import ast
import re

from .source import Source

_SKIP = re.compile(r"#\s*migrate-norm:\s*skip\b")


def skips_file(source: Source) -> bool:
    """A comment on a line of its own, before the first statement that is no docstring."""
    first = next((n.lineno for n in source.tree.body if not isinstance(n, ast.Expr)), len(source.lines) + 1)
    return any(_SKIP.match(line.strip()) for line in source.lines[: first - 1])


def is_skipped(source: Source, node: ast.ClassDef) -> bool:
    """A comment behind the class line, or on the line above the class and its decorators."""
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    above = source.lines[first - 2].strip() if first > 1 else ""
    return bool(_SKIP.match(above) or _SKIP.search(source.lines[node.lineno - 1]))
