"""Arrays that an NNX module keeps: a transform gives it tracers for them, where Linen has the numbers themselves.

So its methods may compute with them, and never ask for their values: in a condition, as an index (which may be a mask),
as a size. What is computed of an input too is a tracer in Linen as well.
"""

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ..bindings import stored
from ..flow.callables import Lookup, is_plain, parameters
from ..model import LinenClass, Method
from ..names import Names
from ..trees import walk
from .array_functions import (
    ASK_SHAPE,
    COMPUTE,
    GO_THROUGH,
    METHODS_OF_VALUES,
    OF_VALUES,
    SIZED,
    STATIC,
    value_parts,
)

_PLAIN = frozenset({"bool", "int", "float", "str"})

_Inner = ast.FunctionDef | ast.Lambda


@dataclass(frozen=True)
class Reads:
    """What a method reads: its fields that hold `arrays`, the modules that calls have `made`, and what holds modules.

    Each says whether it is a layer of Flax.
    """

    method: Method
    cls: LinenClass
    arrays: Collection[str]
    made: Mapping[ast.AST, bool]
    held: Mapping[str, bool]
    lookup: Lookup

    def is_array(self, node: ast.AST) -> bool:
        """Tells whether an expression is such a field."""
        return isinstance(node, ast.Attribute) and self.method.is_this(node) and node.attr in self.arrays

    def module(self, node: ast.AST) -> bool | None:
        """Returns whether an expression is a layer of Flax; None for what is no module."""
        if isinstance(node, ast.Attribute) and self.method.is_this(node):
            return self.held.get(f"self.{node.attr}")
        return self.held.get(node.id) if isinstance(node, ast.Name) else self.made.get(node)


def asks_value(reads: Reads) -> ast.AST | None:
    """Returns where a method asks for the values of the arrays that it reads, or hands them to what may."""
    return next(_Function(reads.method.node, reads.cls.names, reads).asking(), None)


@dataclass
class _Function:
    """A function, what of its arguments is `given` as such an array, and the functions that have called it."""

    node: ast.FunctionDef
    names: Names
    reads: Reads
    given: frozenset[str] = frozenset()
    callers: tuple[ast.AST, ...] = ()
    values: set[str] = field(default_factory=set)
    """Locals that hold what is computed of such arrays alone."""
    traced: set[str] = field(default_factory=set)
    """Locals that hold what is computed of inputs, too."""

    def __post_init__(self) -> None:
        self.values |= self.given
        arguments = (a for a in walk(self.node.args) if isinstance(a, ast.arg) and a.arg not in self.given)
        self.traced |= {a.arg for a in arguments if not self._is_setting(a)} - {self.reads.method.this}
        size = -1
        while len(self.values) + len(self.traced) > size:
            size = len(self.values) + len(self.traced)
            for target, value in self._bound:
                names = stored(target)
                self.values |= names if self.has_value(value) else set()
                self.traced |= names if self._is_traced(value) else set()
            self._hand_on()

    def _is_setting(self, argument: ast.arg) -> bool:
        return argument.annotation is not None and ast.unparse(argument.annotation) in _PLAIN

    @cached_property
    def _inner(self) -> list[_Inner]:
        return [n for n in walk(self.node) if isinstance(n, _Inner) and n is not self.node]

    @cached_property
    def _bound(self) -> list[tuple[ast.AST, ast.expr]]:
        """What is bound to which value."""
        found: list[tuple[ast.AST, ast.expr]] = []
        for node in walk(self.node):
            match node:
                case ast.Assign(targets=targets, value=value):
                    found += [(target, value) for target in targets]
                case ast.AnnAssign(target=target, value=ast.expr() as value):
                    found.append((target, value))
                case ast.AugAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
                    found.append((target, value))
                case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                    found.append((target, value))
        return found

    def _hand_on(self) -> None:
        """The functions inside are given what the calls that name them are given."""
        for call in (n for n in walk(self.node) if isinstance(n, ast.Call) and self._has_values(n)):
            below = walk(call)
            named = {n.id for n in below if isinstance(n, ast.Name)}
            for function in self._inner:
                if function in below or (isinstance(function, ast.FunctionDef) and function.name in named):
                    self.values |= {a.arg for a in walk(function.args) if isinstance(a, ast.arg)}

    def _has_values(self, call: ast.Call) -> bool:
        return any(self.has_value(a) for a in (*call.args, *(k.value for k in call.keywords)))

    def has_value(self, node: ast.AST) -> bool:
        """Tells whether an expression is computed of the values of such arrays, and of no input."""
        return self._reads(node) and not self._is_traced(node)

    def _reads(self, node: ast.AST) -> bool:
        named = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in self.values
        return named or self.reads.is_array(node) or any(map(self._reads, self._parts(node)))

    def _is_traced(self, node: ast.AST) -> bool:
        named = isinstance(node, ast.Name) and node.id in self.traced - self.values
        called = isinstance(node, ast.Call) and self.reads.module(node.func) is not None
        return named or called or any(map(self._is_traced, self._parts(node)))

    def _parts(self, node: ast.AST) -> list[ast.AST]:
        apart = isinstance(node, ast.Lambda) or self.reads.module(node) is not None
        return [] if apart else value_parts(node, self.names)

    def asking(self) -> Iterator[ast.AST]:
        """Yields what asks for a value."""
        for node in walk(self.node):
            yield from filter(self.has_value, self._asked(node))

    def _asked(self, node: ast.AST) -> list[ast.expr]:
        match node:
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) | ast.Assert(test=test):
                return [test]
            case ast.BoolOp(values=values) | ast.comprehension(ifs=values):
                return values
            case ast.UnaryOp(op=ast.Not(), operand=one) | ast.Match(subject=one) | ast.Subscript(slice=one):
                return [one]
            case ast.Return(value=ast.expr() as one) if self._is_helper:
                return [one]
            case ast.Call() if node not in self.reads.made:
                return self._asked_by(node)
        return []

    @cached_property
    def _is_helper(self) -> bool:
        """Whether it is a method of which the others may ask for what it returns."""
        return self.node is self.reads.method.node and self.node.name != "__call__"

    def _asked_by(self, call: ast.Call) -> list[ast.expr]:
        """What a call has to know the value of, or may have to."""
        given = [*call.args, *(k.value for k in call.keywords)]
        static = [k.value for k in call.keywords if k.arg in STATIC or k.arg is None]
        name = self.names.resolve(call.func) or ""
        last = call.func.attr if isinstance(call.func, ast.Attribute) else name
        if self.reads.module(call.func):
            return static
        if isinstance(call.func, ast.Attribute) and self.has_value(call.func.value):
            rest = call.args if last in SIZED else []
            return [call.func] if last in METHODS_OF_VALUES else [*rest, *static]
        if name.startswith(COMPUTE):
            alone = last in OF_VALUES or (last == "where" and len(given) == 1)
            rest = call.args[:1] if last == "full" else call.args[1:] if last in SIZED else []
            return given if alone else [*rest, *static]
        through = (
            name in GO_THROUGH | ASK_SHAPE or self._is_of_traced(call.func) or self._is_followed(call, name)
        )
        return static if through else given

    def _is_of_traced(self, function: ast.expr) -> bool:
        """Tells whether something is a method of an array that is computed of inputs, or a function inside."""
        known = {f.name for f in self._inner if isinstance(f, ast.FunctionDef)}
        inner = isinstance(function, ast.Name) and function.id in known
        called = isinstance(function, ast.Call) and any(
            (isinstance(n, ast.Name) and n.id in known) or n in self._inner for n in walk(function)
        )
        return inner or called or (isinstance(function, ast.Attribute) and self._is_traced(function.value))

    def _is_followed(self, call: ast.Call, name: str) -> bool:
        """Tells whether a function of the project asks for no value either."""
        known = self.reads.lookup(name) if name else None
        node = known.node if known is not None else None
        if known is None or not isinstance(node, ast.FunctionDef) or node in self.callers:
            return False
        asked = parameters(node)
        if (
            asked is None
            or not is_plain(node, known.names)
            or any(isinstance(a, ast.Starred) for a in call.args)
        ):
            return False
        pairs = [*zip(asked[0], call.args, strict=False), *((k.arg, k.value) for k in call.keywords)]
        handed = frozenset(str(name) for name, value in pairs if self.has_value(value))
        inner = _Function(node, known.names, self.reads, handed, (*self.callers, self.node))
        return next(inner.asking(), None) is None
