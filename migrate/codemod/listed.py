"""Lists of modules that setup writes down, `self.layers = [Dense(4), Block(2)]`, or the first elements of one."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from .appended import kept_lists
from .model import Method, MethodKind


@dataclass(frozen=True, eq=False)
class Listed:
    """The calls that make the elements of the list `node`, and the attribute that keeps it."""

    node: ast.List | ast.Tuple
    attribute: str
    elements: Sequence[ast.Call]


def listed(method: Method) -> list[Listed]:
    """Returns the lists of calls that `setup` gives to an attribute, at its top."""
    if method.kind is not MethodKind.SETUP:
        return []
    kept = kept_lists(method)
    found = [_listed(method, statement, kept) for statement in method.node.body]
    return [one for one in found if one is not None]


def _listed(method: Method, statement: ast.stmt, kept: dict[str, str]) -> Listed | None:
    match statement:
        case ast.Assign(targets=[target], value=ast.List(elts=elements) | ast.Tuple(elts=elements) as node):
            calls = [e for e in elements if isinstance(e, ast.Call)]
            attribute = _attribute(method, target, kept)
            if attribute is not None and calls and len(calls) == len(elements):
                return Listed(node, attribute, calls)
    return None


def _attribute(method: Method, target: ast.expr, kept: dict[str, str]) -> str | None:
    """The attribute itself, or the one that keeps the local list in the end."""
    if isinstance(target, ast.Name):
        return kept.get(target.id)
    return target.attr if isinstance(target, ast.Attribute) and method.is_this(target) else None


def list_of(method: Method, call: ast.AST) -> Listed | None:
    """Returns the list that a call makes an element of."""
    return next((one for one in listed(method) if call in one.elements), None)
