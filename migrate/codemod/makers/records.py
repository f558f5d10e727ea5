"""A function that makes modules for its callers, as data."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..factories.records import Factory
from ..names import Names
from ..source import Source


@dataclass(frozen=True, eq=False)
class Leaf:
    """A statement that ends a way through the function, and the call in it that makes the module.

    `keywords` are those of a dict behind `**`.
    """

    statement: ast.stmt
    call: ast.Call
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Maker:
    """`made` is what each of the `leaves` makes, `factory` the same as callers of the function see it.

    A function that calls the module at once takes an `array` for that; `modes` are the keywords of the module that
    the call decides, by the expression that the function has for them. `last` is the statement that returns the array.
    """

    node: ast.FunctionDef
    source: Source
    names: Names
    made: Factory
    factory: Factory
    leaves: tuple[Leaf, ...]
    array: str = ""
    modes: Mapping[str, ast.expr] = field(default_factory=dict)
    last: ast.Return | None = None

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters that it has left in NNX: what the module is called with goes to the call."""
        return self.factory.arguments

    @property
    def name(self) -> str:
        return self.factory.function


@dataclass(frozen=True, eq=False)
class Heir:
    """A class that hands on other defaults to the layer that it inherits from, by the `base` that spells that.

    It is the same class above the layer of NNX: its callers give it what that takes.
    """

    node: ast.ClassDef
    source: Source
    names: Names
    made: Factory
    factory: Factory
    base: ast.expr
    leaves: tuple[Leaf, ...] = ()

    @property
    def parameters(self) -> tuple[str, ...]:
        return ()

    @property
    def name(self) -> str:
        return self.factory.heir
