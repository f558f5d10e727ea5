"""`hasattr(self, "activation")`, of a field: some classes have it, and keep it; others have nothing of that name."""

import ast

from ...catalog.functions import MODULE_METHODS
from ..bindings import stores_in
from ..factories.resolve import line
from ..mixins import PLAIN_BASES
from ..model import LinenClass, Method
from ..project import Project
from ..trees import names_in, walk
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


def lacks(cls: LinenClass, name: str, project: Project) -> bool:
    """Tells whether nothing gives an attribute of the name to a class, one that inherits from it, or an instance.

    All that they inherit from has to be among the files; of what those say, a text may be the name of an attribute.
    """
    family = {
        above for c in project.classes.values() if cls in line(c, project) for above in line(c, project)
    }
    if name in _OF_MODULES or name.startswith("_") or any(_sets(c) for c in family):
        return False
    if not all(_is_whole(c, project) for c in family) or name in {
        n for c in family for n in names_in(c.node.body)
    }:
        return False
    return not any(_may_set(n, name) for source in project.sources.values() for n in walk(source.tree))


def _is_whole(cls: LinenClass, project: Project) -> bool:
    """Tells whether the bases of a class are Linen classes of the project, or have nothing of their own."""
    known = {base.name for base in project.bases(cls)} | PLAIN_BASES - {""}
    return all(base in known or project.base(cls, base) in known for base in cls.bases)


def _may_set(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Attribute(attr=attribute, ctx=ast.Store() | ast.Del()):
            return attribute == name
        case ast.Call(func=ast.Name(id="hasattr")):
            return False
        case ast.Call(args=args, keywords=keywords):
            given = [*args, *(k.value for k in keywords)]
            return any(isinstance(a, ast.Constant) and a.value == name for a in given)
    return False


def asked_fields(cls: LinenClass) -> set[str]:
    """The attributes that the methods of a class ask for."""
    return {asked_name(m, n) for m in cls.methods.values() for n in walk(m.node)} - {""}


def _is_declared(cls: LinenClass, name: str) -> bool:
    """Tells whether the body of a class alone says if it has an attribute of the name: a field, or nothing at all."""
    if name in cls.methods or name in cls.constants or any(f.name == name and not f.init for f in cls.fields):
        return False
    return not _sets(cls) and not any(stores_in(m, name) for m in cls.methods.values())


def _sets(cls: LinenClass) -> bool:
    """Tells whether a method may give an instance attributes by names that are not told."""
    named = (n for m in cls.methods.values() for n in walk(m.node) if isinstance(n, ast.Name | ast.Attribute))
    return any(getattr(n, "attr", getattr(n, "id", "")) in _SETTERS for n in named)
