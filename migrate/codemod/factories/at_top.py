"""What a file calls a class of the project: by a name that it binds at its top."""

import ast

from ..model import LinenClass, Method
from .program import Program
from .resolve import binds


def name_at_top(target: str, cls: LinenClass, method: Method, program: Program) -> str:
    """Returns a name that stands for the class `target` in a method and in the constructor, or nothing."""
    known = sorted(n for n, full in cls.names.aliases.items() if program.canonical(full) == target)
    hidden = {f.name for f in cls.fields} | {*method.parameters}
    hidden |= {name for node in ast.walk(method.node) if node is not method.node for name in binds(node)}
    return next((n for n in known if n not in hidden and _binds(cls.source.tree, n)), "")


def _binds(tree: ast.Module, name: str) -> bool:
    """Tells whether the file itself binds a name, and not a function in it."""
    bound = ((statement, *getattr(statement, "names", ())) for statement in tree.body)
    return any(name in binds(node) for nodes in bound for node in nodes)
