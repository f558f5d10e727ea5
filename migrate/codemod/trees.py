"""Walks over syntax trees. No tree changes during a run, so what was read off a node once is kept with it.

Nor does a method, a plan, or a project: what follows from one of them alone is kept with that.
"""

import ast
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

_Of = TypeVar("_Of")
_Read = TypeVar("_Read")

_SCALARS = frozenset([
    "arg", "attr", "conversion", "ctx", "id", "is_async", "kind", "level", "module", "simple", "type_comment",
])  # fmt: skip
"""The fields of nodes that hold no nodes, or the context of a name, whatever the kind of node."""
_FIELDS = {
    kind: tuple(name for name in kind._fields if name not in _SCALARS)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}
"""The other fields of every kind of node."""


def remembered(read: Callable[[_Of], _Read]) -> Callable[[_Of], _Read]:
    """Returns the function with an answer for each node, or whatever it takes, that is found once and kept with it."""
    key = f"{read.__module__}.{read.__qualname__}"

    @wraps(read)
    def once(node: _Of) -> _Read:
        kept: dict[str, Any] = vars(node)
        if key not in kept:
            kept[key] = read(node)
        return kept[key]  # type: ignore[no-any-return]

    return once


@remembered
def walk(node: ast.AST) -> Sequence[ast.AST]:
    """Returns `node` and every node below it, in the order of `ast.walk`, without the contexts of names."""
    found = [node]
    for each in found:  # which grows on the way
        found += children(each)
    return found


@remembered
def parents_of(node: ast.AST) -> dict[ast.AST, ast.AST]:
    """Returns the node above each node below `node`."""
    return {child: above for above in walk(node) for child in children(above)}


def children(node: ast.AST) -> list[ast.AST]:
    """Returns the nodes right below a node, without the context of a name."""
    found: list[ast.AST] = []
    for name in _FIELDS[type(node)]:
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif isinstance(value, list):
            found += [item for item in value if isinstance(item, ast.AST)]
    return found


def after_docstring(function: ast.FunctionDef) -> list[ast.stmt]:
    """Returns the statements of a function but for its docstring."""
    return function.body[1:] if ast.get_docstring(function) is not None else function.body


def is_none(node: ast.expr | None) -> bool:
    """Tells whether `None` stands there, or nothing."""
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def names_in(body: Sequence[ast.stmt]) -> list[str]:
    """Returns the names that the statements of a file or a class bind, also in blocks below them."""
    return [name for statement in body for name in _binds(statement)]


def _binds(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    nodes = walk(statement)
    stores = [n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)]
    inner = [n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    imported = [(a.asname or a.name).partition(".")[0] for a in nodes if isinstance(a, ast.alias)]
    return [*stores, *inner, *imported]


def is_whole(node: ast.expr) -> bool:
    """Tells whether an index is `:`, all of an axis."""
    return isinstance(node, ast.Slice) and node.lower is None and node.upper is None and node.step is None


def end_of(node: ast.expr) -> tuple[int, int]:
    """Returns where an expression ends, by which calls are in order: Python makes arguments before what takes them."""
    return node.end_lineno or node.lineno, node.end_col_offset or 0
