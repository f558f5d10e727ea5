"""Methods that call their module something else than `self`: they are read, and written, with `self`."""

import ast
from collections.abc import Iterator, Set

from .model import LinenClass, Method, MethodKind
from .project import Project
from .rewording import Rewording
from .trees import walk

_OF_THE_CLASS = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})
"""Methods that Python gives the class, without a decorator that says so."""
_NO_NAMES = {ast.Attribute: "attr", ast.keyword: "arg", ast.Constant: "value", ast.MatchClass: "kwd_attrs"}
"""Where identifiers stand that name no local."""


def read_called_self(project: Project) -> list[Rewording]:
    """Returns the names of modules in such methods, with `self` in their places."""
    odd = [(c, m) for c in project.classes.values() for m in c.methods.values() if _is_odd(m)]
    apart = _taken_from_classes(project) if odd else frozenset()
    return [one for cls, method in odd if method.node.name not in apart for one in _names(cls, method)]


def _is_odd(method: Method) -> bool:
    own = method.kind is not MethodKind.STATIC and method.node.name not in _OF_THE_CLASS
    return own and method.this not in ("", "self") and _first(method) is not None


def _first(method: Method) -> ast.arg | None:
    spec = method.node.args
    return next(iter([*spec.posonlyargs, *spec.args]), None)


def _taken_from_classes(project: Project) -> Set[str]:
    """The methods that something takes from a class, `Block.scaled(x)`: what they are given may be no module."""
    return {
        node.attr
        for module, source in project.sources.items()
        for node in walk(source.tree)
        if isinstance(node, ast.Attribute) and _is_class(node.value, module, project)
    }


def _is_class(node: ast.expr, module: str, project: Project) -> bool:
    match node:
        case ast.Attribute(attr="__class__") | ast.Call(func=ast.Name(id="type")) | ast.Name(id="cls"):
            return True
    return project.canonical(project.names[module].resolve(node) or "") in project.classes


def _names(cls: LinenClass, method: Method) -> Iterator[Rewording]:
    """Yields the parameter and what reads it; nothing where that may mean something else as well."""
    first, this = _first(method), method.this
    assert first is not None
    named = ast.copy_location(ast.Name(this, ast.Load()), first)
    named.end_lineno, named.end_col_offset = first.lineno, first.col_offset + len(this.encode())
    reads = [n for s in method.node.body for n in walk(s) if isinstance(n, ast.Name) and n.id == this]
    alone = not any(_binds(n, {this, "self"}) for n in walk(method.node) if n not in (first, *reads))
    if alone and all(cls.source.segment(n) == this and _is_read(n) for n in (named, *reads)):
        yield from (Rewording(cls, n, "self") for n in (named, *reads))


def _binds(node: ast.AST, names: Set[str]) -> bool:
    """Tells whether a node says one of the names, other than as an attribute, a keyword or a string."""
    said = (value for field, value in ast.iter_fields(node) if field != _NO_NAMES.get(type(node)))
    return any(
        v in names
        for value in said
        for v in (value if isinstance(value, list) else [value])
        if isinstance(v, str)
    )


def _is_read(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)
