"""Functions that nothing in the project calls any more, as every caller builds what they built."""

import ast
from collections.abc import Collection, Iterator

from ..model import LinenClass
from ..project import Project
from ..trees import walk


def unused(project: Project) -> set[ast.AST]:
    """Returns the functions among `project.inlined` whose name nothing mentions, in whatever way."""
    found: set[ast.AST] = set()
    left = {name: _function(name, project) for name in project.inlined}
    while gone := {name: node for name, node in left.items() if _is_unused(name, node, project, found)}:
        found |= {*gone.values()}
        left = {name: node for name, node in left.items() if name not in gone}
    return found


def _function(name: str, project: Project) -> ast.FunctionDef:
    module, _, short = name.rpartition(".")
    tree = project.sources[module].tree
    return next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == short)


def _is_unused(name: str, node: ast.FunctionDef, project: Project, gone: Collection[ast.AST]) -> bool:
    own = {n for each in (node, *gone) for n in walk(each)}
    nodes = (n for s in project.sources.values() for n in walk(s.tree) if n not in own)
    return not any(name.rpartition(".")[2] in spelled(n) for n in nodes)


def mentions(name: str, cls: LinenClass, project: Project) -> Iterator[ast.AST]:
    """Yields what may mean an attribute of a class: all of this name, but for what other classes read of themselves."""
    theirs = {
        node
        for other in project.classes.values() if other is not cls
        for method in other.methods.values()
        for node in walk(method.node) if method.is_this(node, name)
    }  # fmt: skip
    nodes = (node for source in project.sources.values() for node in walk(source.tree))
    yield from (node for node in nodes if name in spelled(node) and node not in theirs)


def spelled(node: ast.AST) -> Iterator[str]:
    """What may be a name of something, also in `__all__` and `getattr`."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
            yield name
        case ast.alias(name=name, asname=other):
            yield from (name.rpartition(".")[2], other or "")
