"""Functions that nothing in the project calls any more, as every caller builds what they built."""

import ast
from collections.abc import Iterator

from ..project import Project
from ..trees import walk


def unused(project: Project) -> set[ast.AST]:
    """Returns the functions among `project.inlined` whose name nothing mentions, in whatever way."""
    found: set[ast.AST] = set()
    for name in project.inlined:
        module, _, short = name.rpartition(".")
        tree = project.sources[module].tree
        node = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == short)
        own = {*walk(node)}
        if not any(
            short in spelled(n) for s in project.sources.values() for n in walk(s.tree) if n not in own
        ):
            found.add(node)
    return found


def spelled(node: ast.AST) -> Iterator[str]:
    """What may be a name of something, also in `__all__` and `getattr`."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
            yield name
        case ast.alias(name=name, asname=other):
            yield from (name.rpartition(".")[2], other or "")
