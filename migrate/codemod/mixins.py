"""Classes of packages beside flax.linen.Module among the bases: an NNX class goes without them."""

import ast
from collections.abc import Iterable, Iterator

from ..catalog.findings import Diagnostic, Severity
from ..catalog.mixins import MIXINS, Mixin
from .model import LinenClass, Refused
from .source import Span
from .trees import walk

PLAIN_BASES = frozenset(
    {
        "",
        "abc.ABC",
        "typing.Generic",
        "typing.Protocol",
        "object",
        "flax.linen.Module",
        "flax.linen.RNNCellBase",
    }
)
"""What a class may inherit from, beside Linen classes of the project."""

_SHOWN = ("from_pretrained", "save_pretrained", "save_config", "from_config", "config", "push_to_hub")


def is_mixin(name: str) -> bool:
    """Tells whether a base, by its dotted name, is a class that goes."""
    return name in MIXINS


def hooks(node: ast.ClassDef, bases: Iterable[str]) -> list[ast.FunctionDef]:
    """Returns the methods that a class with these bases has for one of those alone: they go with it."""
    names = frozenset[str]().union(*(MIXINS[base].hooks for base in bases if is_mixin(base)))
    return [f for f in node.body if isinstance(f, ast.FunctionDef) and f.name in names]


def check_mixins(cls: LinenClass) -> Iterator[Refused]:
    """Yields each use in the class of what such a base has."""
    offered = {name: base for base, mixin in _of(cls) for name in mixin.offers}
    for name in {f.name for f in cls.fields} | cls.methods.keys() | cls.constants:
        offered.pop(name, None)
    for method in cls.methods.values():
        for node in walk(method.node) if offered else ():
            if isinstance(node, ast.Attribute) and method.is_this(node) and node.attr in offered:
                yield Refused("MN104", node, f"it reads `self.{node.attr}`, which `{offered[node.attr]}` has")


def gone(cls: LinenClass) -> set[Span]:
    """Returns where the bases and methods stand that go."""
    bases = [node for name, node in zip(cls.bases, cls.node.bases, strict=True) if is_mixin(name)]
    return {cls.source.span(node) for node in (*bases, *hooks(cls.node, cls.bases))}


def notes_on_mixins(cls: LinenClass) -> Iterator[Diagnostic]:
    """Yields what a migrated class no longer has."""
    found = list(_of(cls))
    if not found:
        return
    offered = frozenset[str]().union(*(mixin.offers for _, mixin in found))
    own = [f"{hook.name} of its own" for hook in hooks(cls.node, cls.bases)]
    lost = ", ".join([*(name for name in _SHOWN if name in offered), *own])
    names = " and ".join(f"`{base}`" for base, _ in found)
    message = f"is migrated, and goes without {names}, which need a Linen module, so it no longer has: {lost}"
    span = cls.source.span(cls.node)
    place = (cls.source.path, span.line, span.column + 1)
    yield Diagnostic(*place, "MN104", f"{cls.short} {message}", cls.short, Severity.NOTE)


def _of(cls: LinenClass) -> Iterator[tuple[str, Mixin]]:
    return ((name.rpartition(".")[2], MIXINS[name]) for name in cls.bases if is_mixin(name))
