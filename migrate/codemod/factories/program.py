"""What factories have to know of a project: its files and classes, and the arguments that its classes take."""

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import Protocol

from ..model import Field, LinenClass
from ..names import Names
from ..source import Source


class Program(Protocol):
    """What has to be known of a project."""

    @property
    def sources(self) -> Mapping[str, Source]: ...
    @property
    def names(self) -> Mapping[str, Names]: ...
    @property
    def classes(self) -> Mapping[str, LinenClass]: ...
    @property
    def unused(self) -> Collection[ast.AST]: ...
    def canonical(self, name: str) -> str: ...
    def bases(self, cls: LinenClass) -> list[LinenClass]: ...


def fields_of(cls: LinenClass, project: Program) -> tuple[str, ...]:
    """Returns the constructor's arguments of a Linen class, those of its bases first, those by name alone last."""
    found: dict[str, Field] = {}
    for above in reversed(list(line(cls, project))):
        found |= {f.name: f for f in above.fields if f.init}
    return tuple(sorted(found, key=lambda name: found[name].kw_only))


def has_family(cls: LinenClass, program: Program) -> bool:
    """Tells whether another class of the project inherits from it, or it from another."""
    above = any(other is not cls for other in line(cls, program))
    return above or any(True for _ in heirs(cls, program))


def heirs(cls: LinenClass, program: Program) -> Iterator[LinenClass]:
    """Yields the other classes of the project that inherit from it."""
    others = (other for other in program.classes.values() if other is not cls)
    return (other for other in others if cls in line(other, program))


def line(cls: LinenClass, program: Program, seen: frozenset[str] = frozenset()) -> Iterator[LinenClass]:
    """Yields the class and those that it inherits from."""
    if cls.name not in seen:
        yield cls
        for base in program.bases(cls):
            yield from line(base, program, seen | {cls.name})
