"""Linen functions whose NNX twin computes the same for some arguments only: how each of them is called."""

import ast
from collections.abc import Iterator

from ...catalog.functions import NARROWER
from ..names import Names
from ..trees import walk


def called_otherwise(root: ast.AST, names: Names) -> Iterator[tuple[ast.expr, str]]:
    """Yields each mention of such a function that is no call with arguments that the twin understands alike."""
    calls = {node.func: node for node in walk(root) if isinstance(node, ast.Call)}
    for node in walk(root):
        name = names.linen(node) if isinstance(node, ast.Name | ast.Attribute) else None
        if name is not None and name in NARROWER and isinstance(node, ast.expr):
            allowed = NARROWER[name][1]
            if node not in calls or not fits(calls[node], allowed):
                yield node, name


def fits(call: ast.Call, placed: tuple[str, ...], by_name: tuple[str, ...] = ()) -> bool:
    """Tells whether a call passes these arguments only, those in `placed` in this order."""
    starred = any(isinstance(a, ast.Starred) for a in call.args)
    named = all(k.arg in placed or k.arg in by_name for k in call.keywords)
    return not starred and len(call.args) <= len(placed) and named


def advice(name: str) -> str:
    """Says which call of such a function is followed."""
    twin, allowed = NARROWER[name]
    return f"nnx.{twin} is the same if it is called at once, with {', '.join(allowed)} only"
