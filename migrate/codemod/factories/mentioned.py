"""Where the files of a project read a name that one of them binds at its top."""

import ast
from collections.abc import Iterator

from ..spelling import spelling
from .program import Program


def mentions(project: Program, name: str) -> Iterator[ast.AST]:
    """Yields each place that reads `name`, which is a dotted one."""
    last = name.rpartition(".")[2]
    for module, source in project.sources.items():
        names = project.names[module]
        for node in spelling(source.tree, {last, *names.known_as.get(last, ())}):
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                found = names.resolve(node) or ""
                own = found if "." in found else f"{module}.{found}"
                if found.rpartition(".")[2] == last and project.canonical(own) == name:
                    yield node
