"""Functions and names outside of classes that build Linen modules for whoever calls them in a compact method."""

import ast
from collections.abc import Iterator

from ...catalog.layers import find
from ..names import Names
from ..project import Project
from ..trees import remembered, walk


@remembered
def read_builders(project: Project) -> frozenset[str]:
    """Returns the dotted names of module-level functions and variables that lead to a Linen layer or class."""
    bodies = {
        f"{module}.{name}": (node, project.names[module])
        for module, source in project.sources.items()
        for name, node in _bound(source.tree)
        if f"{module}.{name.partition('.')[0]}" not in project.classes
    }
    uses = {name: set(_names(node, names, project)) for name, (node, names) in bodies.items()}
    found = {name for name, used in uses.items() if any(_is_module(u, project) for u in used)}
    size = -1
    while len(found) > size:
        size = len(found)
        found |= {name for name, used in uses.items() if used & found}
    return frozenset(found)


def _bound(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name):
                yield name, node
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value
            case ast.ClassDef(name=name):  # a plain class may build modules in its methods
                yield from ((f"{name}.{m.name}", m) for m in node.body if isinstance(m, ast.FunctionDef))


def _names(node: ast.AST, names: Names, project: Project) -> Iterator[str]:
    for child in _spelled(node):
        name = names.resolve(child)
        if name is not None:
            yield named(name, names, project)


@remembered
def _spelled(node: ast.AST) -> list[ast.AST]:
    """The names below a node that are not in annotations."""
    annotations = {
        n
        for part in walk(node)
        for a in (getattr(part, "annotation", None), getattr(part, "returns", None))
        if a is not None
        for n in walk(a)
    }
    return [n for n in walk(node) if isinstance(n, ast.Name | ast.Attribute) and n not in annotations]


def named(name: str, names: Names, project: Project) -> str:
    """Returns the dotted name, also of a variable of the file itself."""
    return project.canonical(name) if "." in name else f"{names.module}.{name}"


def _is_module(name: str, project: Project) -> bool:
    layer = name.startswith("flax.linen.") and find(name.rpartition(".")[2]) is not None
    return layer or name in project.classes
