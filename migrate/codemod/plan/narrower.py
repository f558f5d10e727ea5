"""Linen functions whose NNX twin computes the same for some arguments only: how each of them is called."""

import ast
from collections.abc import Iterator

from ...catalog.functions import FOR_SOME_ARGUMENTS
from ..names import Names
from ..trees import walk


def called_otherwise(root: ast.AST, names: Names) -> Iterator[tuple[ast.expr, str]]:
    """Yields each mention of such a function that is no call with arguments that the twin understands alike."""
    calls = {node.func: node for node in walk(root) if isinstance(node, ast.Call)}
    for node in walk(root):
        name = names.linen(node) if isinstance(node, ast.Name | ast.Attribute) else None
        if name is not None and name in FOR_SOME_ARGUMENTS and isinstance(node, ast.expr):
            allowed = FOR_SOME_ARGUMENTS[name][1]
            if node not in calls or not _fits(calls[node], allowed):
                yield node, name


def _fits(call: ast.Call, allowed: tuple[str, ...]) -> bool:
    starred = any(isinstance(a, ast.Starred) for a in call.args)
    return not starred and len(call.args) <= len(allowed) and all(k.arg in allowed for k in call.keywords)


def advice(name: str) -> str:
    """Says which call of such a function is followed."""
    twin, allowed = FOR_SOME_ARGUMENTS[name]
    return f"nnx.{twin} is the same if it is called at once, with {', '.join(allowed)} only"
