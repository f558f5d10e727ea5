"""`self.variable(STATE, "mean", *args)`, read with the text of the constant and what is in the tuple."""

import ast
import json
from collections.abc import Iterator

from ..factories.program import fields_of
from ..factories.records import Scope
from ..factories.resolve import binds
from ..model import LinenClass, Method
from ..project import Project
from ..rewording import Rewording
from ..trees import walk
from .steady import is_initializer
from .text import one_line

_TEXTS = {
    "param": 1, "variable": 2, "get_variable": 2, "has_variable": 2, "put_variable": 2, "sow": 2,
    "is_mutable_collection": 1,
}  # fmt: skip
"""Methods of nn.Module, and how many of their first arguments are collections and names."""
_KEYS = frozenset({"jax.random.PRNGKey", "jax.random.key"})


def read_spelled_variables(project: Project) -> list[Rewording]:
    """Returns what such calls are given by another name."""
    return [
        one
        for cls, method in project.methods
        for call in walk(method.node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and method.is_this(call.func)
        if call.func.attr in _TEXTS
        for one in _given(cls, method, call, _TEXTS[call.func.attr], project)
    ]  # fmt: skip


def _given(
    cls: LinenClass, method: Method, call: ast.Call, texts: int, project: Project
) -> Iterator[Rewording]:
    for argument in call.args[:texts]:
        text = _constant(cls, method, argument, project)
        if text is not None:
            yield Rewording(cls, argument, json.dumps(text, ensure_ascii=False))
    match call.args[texts:]:
        case [ast.Starred(value=ast.Name() as local) as starred]:
            code = _elements(cls, method, local, project)
            if code:
                yield Rewording(cls, starred, code)


def _constant(cls: LinenClass, method: Method, node: ast.expr, project: Project) -> str | None:
    """The text that a file binds a name to, once and for all: this file, or another of the project."""
    name = cls.names.resolve(node) if isinstance(node, ast.Name | ast.Attribute) else None
    root = name.partition(".")[0] if name is not None else method.this
    if name is None or root == method.this or any(root in binds(n) for n in walk(method.node)):
        return None
    full = name if "." in name else f"{cls.source.module}.{name}"
    value = project.factories.globals.get(project.canonical(full))
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def _elements(cls: LinenClass, method: Method, local: ast.Name, project: Project) -> str | None:
    """The code of what a local tuple holds, where it is the same wherever it is evaluated."""
    value = project.factories.value(local, Scope(cls.names, cls, method))
    fields = fields_of(cls, project)
    if not isinstance(value, ast.Tuple) or not all(_is_plain(n, method, cls, fields) for n in value.elts):
        return None
    codes = [one_line(cls.source.segment(n)) for n in value.elts]
    return ", ".join(code for code in codes if code) if all(codes) else None


def _is_plain(node: ast.expr, method: Method, cls: LinenClass, fields: tuple[str, ...]) -> bool:
    match node:
        case ast.Tuple(elts=elements):
            return all(_is_plain(n, method, cls, fields) for n in elements)
        case ast.Call(func=function, args=[ast.Constant()], keywords=[]):
            return cls.names.resolve(function) in _KEYS
    return is_initializer(node, method, cls, fields)
