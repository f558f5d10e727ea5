"""`hasattr(self, "activation")`, of a field: some classes have it, and keep it; others have nothing of that name."""

import ast

from ...catalog.functions import MODULE_METHODS
from ..bindings import stores_in
from ..factories.resolve import line
from ..model import LinenClass, Method
from ..project import Project
from ..trees import walk
from .naming import MODULE_NAMES

_OF_MODULES = frozenset({*MODULE_METHODS, *MODULE_NAMES, "name", "parent", "scope", "path", "variables"})
_SETTERS = frozenset({"setattr", "__setattr__", "delattr", "vars", "__dict__", "exec"})


def asked_name(method: Method, node: ast.AST) -> str:
    """Returns the attribute that `hasattr(self, "proj")` asks for."""
    match node:
        case ast.Call(
            func=ast.Name(id="hasattr"),
            args=[ast.Name(id=this), ast.Constant(value=str(name))],
            keywords=[],
        ) if this == method.this:
            return name
    return ""


def asks_for_field(cls: LinenClass, method: Method, node: ast.AST, project: Project) -> bool:
    """Tells whether NNX answers such a question as Linen does, in the class and in those that inherit from it."""
    name = asked_name(method, node)
    if not name or name in _OF_MODULES or name.startswith("_"):
        return False
    family = (c for c in project.classes.values() if cls in line(c, project))
    return all(_is_declared(above, name) for c in family for above in line(c, project))


def asked_fields(cls: LinenClass) -> set[str]:
    """The attributes that the methods of a class ask for."""
    return {asked_name(m, n) for m in cls.methods.values() for n in walk(m.node)} - {""}


def _is_declared(cls: LinenClass, name: str) -> bool:
    """Tells whether the body of a class alone says if it has an attribute of the name: a field, or nothing at all."""
    if name in cls.methods or name in cls.constants or any(f.name == name and not f.init for f in cls.fields):
        return False
    named = (n for m in cls.methods.values() for n in walk(m.node) if isinstance(n, ast.Name | ast.Attribute))
    sets = any(getattr(n, "attr", getattr(n, "id", "")) in _SETTERS for n in named)
    return not sets and not any(stores_in(m, name) for m in cls.methods.values())
