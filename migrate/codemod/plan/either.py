"""Which parts of a method exclude each other: an `if` runs one of its branches, never both."""

import ast
from collections.abc import Iterator

from ..model import Method


def exclude(method: Method, one: ast.AST, two: ast.AST) -> bool:
    """Tells whether two nodes stand in different branches of one `if`, so that only one of them runs.

    The halves of an expression are no branches: each would be an assignment that undoes the other.
    """
    first = dict(_branches(method, one))
    for above, below in _branches(method, two):
        if above in first and isinstance(above, ast.If):
            return (below in above.body) != (first[above] in above.body)
        if above in first and isinstance(above, ast.IfExp):
            return False
    return False


def _branches(method: Method, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Yields what stands above `node`, each with the part of it that leads there."""
    for above in method.above(node):
        yield above, node
        node = above
