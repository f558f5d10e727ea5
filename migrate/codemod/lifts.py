"""Lifted transforms around a class: `nn.remat(Block, policy=p)(8)` builds a Block that is called otherwise."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from .model import Method
from .names import Names

PREFIXES: Mapping[str, str] = MappingProxyType(
    {"remat": "Checkpoint", "checkpoint": "Checkpoint", "jit": "Jit", "vmap": "Vmap", "scan": "Scan"}
)
"""What each transform puts in front of the class name that Linen's automatic names count by."""

BROADCAST = frozenset({"flax.linen.broadcast", "flax.core.broadcast", "flax.core.lift.broadcast"})

FUNCTIONS = frozenset({"remat", "jit"})
"""Those that change how a call is computed, but neither what it computes nor the variables."""

_PLAIN = ast.If | ast.Assign


@dataclass(frozen=True, eq=False)
class Lift:
    """One transform: `remat`, `jit`, `vmap` or `scan`, its call (the bare name in a decorator), its arguments.

    `markers` are the uses of `nn.broadcast` in the arguments.
    """

    name: str
    function: ast.expr
    call: ast.expr
    given: Mapping[str, ast.expr]
    odd: str = ""
    markers: tuple[ast.expr, ...] = ()

    @property
    def rounds(self) -> ast.expr | None:
        """How often a vmap or a scan runs the module, where that is given."""
        return self.given.get("axis_size" if self.name == "vmap" else "length")


@dataclass(frozen=True, eq=False)
class Lifted:
    """A class behind transforms, the outermost first, and every expression that names the class.

    `statements` bind the locals that it goes through; `sometimes` says that configuration decides about a transform.
    """

    name: str
    nodes: tuple[ast.expr, ...]
    lifts: tuple[Lift, ...]
    every: tuple[Lift, ...] = ()
    statements: tuple[ast.Assign, ...] = ()
    sometimes: bool = False

    @property
    def iteration(self) -> Lift | None:
        """The vmap or scan that runs the module many times, where it is the outermost transform."""
        return self.lifts[0] if self.lifts[0].name not in FUNCTIONS else None

    @property
    def prefix(self) -> str:
        return "".join(PREFIXES[lift.name] for lift in self.lifts)


def lift_of(node: ast.expr, names: Names) -> tuple[Lift, ast.expr] | None:
    """Returns the transform that a call of one is, and what it is put around."""
    if not isinstance(node, ast.Call) or names.linen(node.func) not in PREFIXES:
        return None
    given = {str(k.arg): k.value for k in node.keywords}
    target = node.args[0] if node.args else given.pop("target", None)
    if target is None or isinstance(target, ast.Starred):
        return None
    odd = "its arguments are not all named" if len(node.args) > 1 or "None" in given else ""
    return Lift(
        _canonical(names.linen(node.func)), node.func, node, given, odd, _markers(node, names)
    ), target


def _markers(node: ast.AST, names: Names) -> tuple[ast.expr, ...]:
    found = (n for n in ast.walk(node) if isinstance(n, ast.Name | ast.Attribute))
    return tuple(n for n in found if is_broadcast(n, names))


def is_broadcast(node: ast.expr, names: Names) -> bool:
    """Tells whether a scan hands an argument on as a whole."""
    return names.resolve(node) in BROADCAST


def decorating(method: Method, names: Names) -> list[tuple[ast.expr, Lift]]:
    """Returns the decorators of a method that are transforms, the outermost first."""
    found = ((d, _decorating(d, names)) for d in method.node.decorator_list)
    return [(decorator, lift) for decorator, lift in found if lift is not None]


def _decorating(node: ast.expr, names: Names) -> Lift | None:
    if names.linen(node) in PREFIXES:
        return Lift(_canonical(names.linen(node)), node, node, {})
    if not isinstance(node, ast.Call) or names.resolve(node.func) != "functools.partial" or not node.args:
        return None
    if names.linen(node.args[0]) not in PREFIXES:
        return None
    odd = "its arguments are not all named" if len(node.args) > 1 else ""
    given = {str(k.arg): k.value for k in node.keywords}
    name = _canonical(names.linen(node.args[0]))
    return Lift(name, node.args[0], node, given, odd, _markers(node, names))


def _canonical(name: str | None) -> str:
    return "remat" if name in (None, "checkpoint") else name


def read_lifted(node: ast.expr, method: Method, names: Names) -> Lifted | None:
    """Returns what stands behind the function of a call; None where no transform is part of it."""
    found = _Reader(method, names).alternatives(node)
    if not found or not any(a.lifts for a in found) or len({a.name for a in found}) > 1:
        return None
    longest = max(found, key=lambda a: len(a.lifts))
    kinds = {tuple(lift.name for lift in a.lifts) for a in found}
    return Lifted(
        longest.name,
        tuple(dict.fromkeys(n for a in found for n in a.nodes)),
        longest.lifts,
        tuple(dict.fromkeys(lift for a in found for lift in a.lifts)),
        tuple(dict.fromkeys(s for a in found for s in a.statements)),
        len(kinds) > 1,
    )


class _Reader:
    def __init__(self, method: Method, names: Names):
        self.method, self.names = method, names
        self.open: set[str] = set()

    def alternatives(self, node: ast.expr) -> list[Lifted]:
        """Returns the classes that an expression may stand for; nothing where that is not followed."""
        if isinstance(node, ast.IfExp):
            one, two = self.alternatives(node.body), self.alternatives(node.orelse)
            return [*one, *two] if one and two else []
        found = lift_of(node, self.names)
        if found is not None:
            lift, target = found
            return [_around(lift, inner) for inner in self.alternatives(target)]
        if isinstance(node, ast.Name) and (bound := self._bound(node.id)):
            return self._local(node.id, bound)
        name = self.names.resolve(node)
        return [Lifted(name, (node,), ())] if name is not None else []

    def _bound(self, name: str) -> list[ast.AST]:
        """Where the method binds a name, its parameters among them."""
        if name in self.method.parameters or name == self.method.this:
            return [self.method.node]
        return [n for n in self.method.parents if _binds(n, name)]

    def _local(self, name: str, bound: Sequence[ast.AST]) -> list[Lifted]:
        """A local that is bound to a class, and perhaps to a transform of it on a condition."""
        found: list[Lifted] = []
        if name in self.open or self._read_between(name, bound):
            return found
        self.open.add(name)
        for target in sorted(bound, key=lambda n: getattr(n, "lineno", 0)):
            statement = self.method.parents.get(target)
            plain = isinstance(statement, ast.Assign) and statement.targets == [target]
            if not plain or not all(
                isinstance(a, ast.If) for a in self.method.above(target) if a is not statement
            ):
                found = []
                break
            assert isinstance(statement, ast.Assign)
            new = self._value(statement, name, found)
            if not new:
                found = []
                break
            found = [*found, *new] if self._on_condition(statement) else new
        self.open.discard(name)
        return found

    def _read_between(self, name: str, bound: Sequence[ast.AST]) -> bool:
        """Tells whether the local is used before the last time that it is bound, and so stands for several classes."""
        makers = [self.method.statement(target) for target in bound if target is not self.method.node]
        last = max((maker.lineno for maker in makers), default=0)
        reads = (n for n in self.method.parents if isinstance(n, ast.Name) and n.id == name)
        reads = (n for n in reads if isinstance(n.ctx, ast.Load) and n.lineno <= last)
        return any(self.method.statement(n) not in makers for n in reads)

    def _value(self, statement: ast.Assign, name: str, before: list[Lifted]) -> list[Lifted]:
        """`block = nn.remat(block)` is put around what the name stood for before."""
        lift = lift_of(statement.value, self.names)
        if lift is not None and isinstance(lift[1], ast.Name) and lift[1].id == name:
            new = [_around(lift[0], inner) for inner in before]
        else:
            new = self.alternatives(statement.value)
        return [
            Lifted(a.name, a.nodes, a.lifts, (), tuple(dict.fromkeys((*a.statements, statement))))
            for a in new
        ]

    def _on_condition(self, statement: ast.stmt) -> bool:
        return any(isinstance(a, ast.If) for a in self.method.above(statement))


def _around(lift: Lift, inner: Lifted) -> Lifted:
    return Lifted(inner.name, inner.nodes, (lift, *inner.lifts), (), inner.statements)


def _binds(node: ast.AST, name: str) -> bool:
    stored = isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
    return stored or (isinstance(node, ast.arg) and node.arg == name)
