"""What a Linen class declares, as read from its source: plain records that hold on to syntax but never change it."""

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import NamedTuple

from .names import Names
from .source import Source
from .trees import is_none, walk


class Refused(Exception):  # noqa: N818
    """The class stays Linen: `code`, the place and the reason in the user's words.

    `missing` are arguments that calls leave out and the class takes to be given.
    """

    def __init__(self, code: str, node: ast.AST, message: str, missing: Collection["Missing"] = ()):
        super().__init__(message)
        self.code, self.node, self.message, self.missing = code, node, message, missing


class Missing(NamedTuple):
    """An argument of a method of a class that calls may leave out."""

    cls: str
    method: str
    argument: str


class MethodKind(Enum):
    """What part a function plays in a Linen class."""

    SETUP = "setup"
    COMPACT = "compact"
    POST_INIT = "__post_init__"
    STATIC = "static"  # static and class methods: no instance, so nothing of Linen in them
    PLAIN = "plain"
    HELPER = "helper"  # a function outside of the class that is given the module


@dataclass(frozen=True, eq=False)
class Field:
    """A dataclass field; `factory` is the `default_factory`; `init` is false where the constructor does not take it.

    `doc` is the string that stands behind the field and describes it.
    """

    name: str
    statement: ast.AnnAssign
    source: Source
    default: ast.expr | None
    factory: ast.expr | None
    kw_only: bool
    init: bool = True
    doc: ast.Expr | None = None


@dataclass(frozen=True, eq=False)
class Fold:
    """An `if` of setup both sides of which make the same submodules, on one of them behind transforms.

    The side that is `kept` makes them plainly; `calls` has for each what the other one calls in its place.
    """

    condition: ast.If
    kept: bool
    calls: Mapping[ast.Call, ast.expr]


@dataclass(frozen=True, eq=False)
class Method:
    """A function of the class body. `parents` leads from each node below it to the one above.

    Of the `folds` only the plain side is among them. Some models of the project are never given the arguments that are
    `optional`: they have no submodules that are made with those alone.
    """

    node: ast.FunctionDef
    kind: MethodKind
    this: str
    parameters: tuple[str, ...]
    parents: Mapping[ast.AST, ast.AST]
    folds: tuple[Fold, ...] = ()
    optional: frozenset[str] = frozenset()

    @property
    def order(self) -> tuple[str, ...]:
        """The parameters in the order in which a call gives them; what `*args` holds has its star."""
        given = self.node.args
        if given.vararg is None:
            return self.parameters
        placed = self.parameters[: -len([*given.kwonlyargs, given.vararg, *filter(None, [given.kwarg])])]
        return (*placed, f"*{given.vararg.arg}", *(a.arg for a in given.kwonlyargs))

    @cached_property
    def compared_to_none(self) -> frozenset[str]:
        """The parameters that the method compares to None."""
        found = set()
        for node in walk(self.node):
            match node:
                case ast.Compare(ast.Name(name), [ast.Is() | ast.IsNot()], [other]) if is_none(other):
                    found.add(name)
        return frozenset(found & {*self.parameters})

    @property
    def takes_class(self) -> bool:
        """Whether it is a class method, which is given its class."""
        names = (d.id for d in self.node.decorator_list if isinstance(d, ast.Name))
        return self.kind is MethodKind.STATIC and "staticmethod" not in names

    @property
    def is_static(self) -> bool:
        """Whether it is given neither an instance nor a class."""
        return self.kind is MethodKind.STATIC and not self.takes_class

    @property
    def is_free(self) -> bool:
        """Whether it is static, or a class method that never reads its class: any class can call it."""
        implied = {*self.parameters[:1], "super", "__class__"} if self.takes_class else set()
        read = {n.id for n in walk(self.node) if isinstance(n, ast.Name)}
        return self.kind is MethodKind.STATIC and not read & implied

    def above(self, node: ast.AST) -> list[ast.AST]:
        """Everything between `node` and the function, innermost first."""
        chain = []
        while (node := self.parents[node]) is not self.node:
            chain.append(node)
        return chain

    def statement(self, node: ast.AST) -> ast.stmt:
        """Returns the innermost statement that `node` stands in."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def block(self, statement: ast.stmt) -> list[ast.stmt]:
        """Returns the statements among which `statement` stands: a body, or what stands behind an `else`."""
        blocks = (block for _, block in ast.iter_fields(self.parents[statement]) if isinstance(block, list))
        return next(block for block in blocks if statement in block)

    def is_called(self, node: ast.AST) -> bool:
        """Tells whether `node` is what a call calls."""
        above = self.parents[node]
        return isinstance(above, ast.Call) and above.func is node

    def is_this(self, node: ast.AST, name: str | None = None) -> bool:
        """Tells whether `node` is `self.<name>` (any attribute when `name` is None)."""
        return (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == self.this
            and (name is None or node.attr == name)
        )


@dataclass(frozen=True, eq=False)
class LinenClass:
    """A class of the project that inherits from flax.linen.Module, directly or not. `name` is dotted."""

    name: str
    node: ast.ClassDef
    source: Source
    names: Names
    bases: tuple[str, ...]
    fields: tuple[Field, ...]
    methods: Mapping[str, Method]
    constants: frozenset[str]
    top_level: bool

    @property
    def short(self) -> str:
        return self.node.name


@dataclass(frozen=True, eq=False)
class Creation:
    """One `self.param(...)` or `self.variable(...)`.

    `collection` is `params` for a param; `name` the literal name or None; `node` is the call, or the `.value`
    behind it; `target` the local name or `self` attribute that it is bound to, alone, by an assignment.
    """

    call: ast.Call
    node: ast.expr
    method: Method
    collection: str
    name: str | None
    name_node: ast.expr
    init: ast.expr
    arguments: tuple[ast.expr, ...]
    keywords: tuple[ast.keyword, ...]
    target: ast.Name | ast.Attribute | None

    @property
    def is_param(self) -> bool:
        return (
            self.collection == "params"
            and isinstance(self.call.func, ast.Attribute)
            and self.call.func.attr == "param"
        )

    @property
    def reads(self) -> tuple[ast.expr, ...]:
        """The expressions that the constructor has to evaluate."""
        named = () if self.name is not None else (self.name_node,)
        return (self.init, *self.arguments, *(k.value for k in self.keywords), *named)
