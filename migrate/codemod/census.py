"""The census: every use of a Linen name, and how it ended. The sums have to add up."""

import ast
from collections.abc import Iterator

from ..catalog.findings import Outcome, Symbol
from ..catalog.functions import MODULE_METHODS, PLAIN
from .decisions import Decisions
from .names import Names
from .project import class_nodes
from .source import Source
from .trees import walk


def read_symbols(source: Source, names: Names, decisions: Decisions) -> Iterator[Symbol]:
    """Yields each use of a name of flax.linen, and of a Linen module's own methods inside Linen classes."""
    owners = _owners(source, decisions)
    outside = decisions.renamed(source, names)
    helpers = {n for h in decisions.helpers for n in walk(h.method.node)}
    helpers |= {n for each in decisions.makers for n in walk(each.maker.node)}
    helpers |= {n for function in decisions.unused for n in walk(function)}
    inner: set[ast.AST] = set()
    found: list[Symbol] = []
    for node in walk(source.tree):
        if node in inner or not isinstance(node, ast.Name | ast.Attribute):
            continue
        owner = owners.get(node)
        name = names.linen(node)
        if name is not None:
            inner.update(walk(node))
            code = decisions.refused.get(owner, "MN401") if owner else "MN401"
            free = source.span(node) in outside or node in helpers or name in PLAIN
            done = owner in decisions.plans if owner else free
            found.append(_symbol(source, node, f"flax.linen.{name}", done, code))
        elif owner and isinstance(node, ast.Attribute) and node.attr in MODULE_METHODS and _is_self(node):
            done = owner in decisions.plans
            found.append(_symbol(source, node, f"Module.{node.attr}", done, decisions.refused.get(owner, "")))
    yield from sorted(found)


def _symbol(source: Source, node: ast.AST, name: str, done: bool, code: str) -> Symbol:
    span = source.span(node)
    outcome = Outcome.MIGRATED if done else Outcome.LEFT if code in ("MN401", "MN402") else Outcome.REFUSED
    return Symbol(source.path, source.number(span.line), span.column + 1, name, outcome, "" if done else code)


def _is_self(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "self"


def _owners(source: Source, decisions: Decisions) -> dict[ast.AST, str]:
    """The Linen class that each node stands in."""
    known = decisions.plans.keys() | decisions.refused.keys()
    found: dict[ast.AST, str] = {}
    for node, name, _ in class_nodes(source):
        if name in known:
            found.update(dict.fromkeys(walk(node), name))
    return found
