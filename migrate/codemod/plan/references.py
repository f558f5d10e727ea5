"""Names of flax.linen inside a class that is migrated, and what stands in their place."""

import ast

from ...catalog.functions import nnx_name
from ..names import Names
from ..source import Source, Span
from .records import ClassPlan


def references(plan: ClassPlan) -> dict[Span, str]:
    """Returns the NNX spelling for each use of a Linen name in the class."""
    return rename(plan.cls.node, plan.cls.names, plan.cls.source)


def rename(root: ast.AST, names: Names, source: Source) -> dict[Span, str]:
    """Returns the NNX spelling of every Linen name below `root` that has one."""
    found: dict[Span, str] = {}
    inner: set[ast.AST] = set()
    in_strings = {n for s in ast.walk(root) if isinstance(s, ast.JoinedStr) for n in ast.walk(s)}
    for node in ast.walk(root):
        if node in inner or node in in_strings or not isinstance(node, ast.Name | ast.Attribute):
            continue
        name = names.linen(node)
        if name is None:
            continue
        inner.update(ast.walk(node))
        spelling = "Module" if name == "Module" else nnx_name(name)
        if spelling:
            found[source.span(node)] = f"nnx.{spelling}"
    return found
