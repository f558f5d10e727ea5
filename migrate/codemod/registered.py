"""Classes whose constructor keeps what it is given as `self.config`: there, a field is read as the field itself."""

import ast
import re
from collections.abc import Collection, Iterator

from ..catalog.mixins import REGISTERED, UNREGISTERED
from .factories.resolve import fields_of
from .model import LinenClass, Method
from .project import Project
from .rewording import Rewording
from .trees import walk


def read_registered(project: Project) -> list[Rewording]:
    """Returns the reads of fields by way of the configuration, and the fields in their places."""
    found: list[Rewording] = []
    for cls in project.classes.values():
        fields = {*fields_of(cls, project)}
        if _is_registered(cls) and "config" not in fields | cls.methods.keys() | cls.constants:
            for method in cls.methods.values():
                found += _reads(cls, method, fields - UNREGISTERED)
    return found


def _is_registered(cls: LinenClass) -> bool:
    return any(cls.names.resolve(d) in REGISTERED for d in cls.node.decorator_list)


def _reads(cls: LinenClass, method: Method, fields: Collection[str]) -> Iterator[Rewording]:
    strings = [n for n in walk(method.node) if isinstance(n, ast.JoinedStr)]
    quoted = {n for string in strings for n in walk(string)}
    for node in walk(method.node):
        if node in quoted or not isinstance(node, ast.Attribute) or not _is_read(node, method, fields):
            continue
        if node.value.lineno == node.value.end_lineno:
            yield Rewording(cls, node.value, method.this)
    inner = {n for string in strings for n in walk(string) if n is not string}
    for string in strings:
        if string not in inner and (code := _reworded(cls, method, string, fields)) is not None:
            yield Rewording(cls, string, code)


def _is_read(node: ast.AST, method: Method, fields: Collection[str]) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and method.is_this(node.value, "config")
        and node.attr in fields
        and isinstance(node.ctx, ast.Load)
    )


def _reworded(cls: LinenClass, method: Method, string: ast.JoinedStr, fields: Collection[str]) -> str | None:
    """The text of an f-string; none where it says the same of a field outside of its braces."""
    reads = sum(_is_read(n, method, fields) for n in walk(string))
    text, here = cls.source.segment(string), rf"\b{method.this}\.config\.(?=(\w+))"
    found = [m for m in re.finditer(here, text) if m[1] in fields]
    if not reads or len(found) != reads:
        return None
    return re.sub(here, lambda m: f"{method.this}." if m[1] in fields else m[0], text)
