"""The names by which Linen classes come to code outside of them: functions that build modules, tables of classes."""

import ast
from collections.abc import Iterator, Set

from ..model import MethodKind
from ..names import Names
from ..project import Project
from ..trees import walk

FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef
_Body = tuple[ast.AST, Names]


def reached(project: Project) -> Set[str]:
    """Returns all names that the code of Linen classes spells, and those that what they stand for spells in turn."""
    outside = _outside(project)
    static = _static(project)
    bodies: list[_Body] = [
        (statement, cls.names)
        for cls in project.classes.values()
        for statement in cls.node.body
        if statement not in static
    ]
    found: set[str] = set()
    while bodies:
        new = {name for body in bodies for name in _spelled(*body)} - found
        found |= new
        bodies = [body for name in new for body in outside.get(name, ())]
    return found


def _static(project: Project) -> set[ast.AST]:
    methods = (m for _, m in project.methods)
    return {m.node for m in methods if m.kind is MethodKind.STATIC}


def _outside(project: Project) -> dict[str, list[_Body]]:
    """What every name stands for that code outside of Linen classes binds, and their static methods."""
    own = {n for cls in project.classes.values() for n in walk(cls.node)} - _static(project)
    found: dict[str, list[_Body]] = {}
    for module, source in project.sources.items():
        for node in (n for n in walk(source.tree) if n not in own):
            for name in bound_names(node):
                found.setdefault(name, []).append((node, project.names[module]))
    return found


def bound_names(node: ast.AST) -> Iterator[str]:
    """Yields what a statement binds: a function, a class, or what stands on the left of an assignment."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (n.id for target in targets for n in walk(target) if isinstance(n, ast.Name))
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            yield from (n.id for n in walk(target) if isinstance(n, ast.Name))


def _spelled(body: ast.AST, names: Names) -> Iterator[str]:
    """The names of a piece of code; what a file calls otherwise than the one that it is from, by both."""
    for node in walk(body):
        if isinstance(node, ast.Name):
            yield node.id
            yield names.aliases.get(node.id, node.id).rpartition(".")[2]
        elif isinstance(node, ast.Attribute):
            yield node.attr
