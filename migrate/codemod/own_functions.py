"""Names of functions that a file defines at its top, once."""

import ast

from .model import LinenClass, Method
from .trees import walk


def is_function(name: str, method: Method, cls: LinenClass) -> bool:
    """Tells whether a name in a method is that of such a function."""
    if name in method.parameters or any(_binds(n, name) for n in walk(method.node)):
        return False
    found = [n for n in walk(cls.source.tree) if _binds(n, name)]
    return len(found) == 1 and isinstance(found[0], ast.FunctionDef) and found[0] in cls.source.tree.body


def _binds(node: ast.AST, name: str) -> bool:
    match node:
        case ast.FunctionDef(name=bound) | ast.ClassDef(name=bound):
            return bound == name
        case ast.alias(name=imported, asname=bound):
            return (bound or imported) == name
        case ast.Name(id=bound, ctx=ast.Store() | ast.Del()):
            return bound == name
    return False
