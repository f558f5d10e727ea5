"""Lifted transforms around a class: `nn.remat(Block, policy=p)(8)` builds a Block that is called otherwise."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

from .model import Method
from .names import Names


class Transform(NamedTuple):
    """What a transform is called in NNX, and what Linen puts in front of the class name for automatic names.

    `module` tells whether static arguments are counted from the module itself, as NNX counts them.
    """

    name: str
    prefix: str
    module: bool = True


TRANSFORMS: Mapping[str, Transform] = MappingProxyType(
    {
        "remat": Transform("remat", "Checkpoint"),
        "checkpoint": Transform("remat", "Checkpoint"),
        "partitioning.remat": Transform("remat", "Core_remat_static", module=False),
        "jit": Transform("jit", "Jit"),
        "vmap": Transform("vmap", "Vmap"),
        "scan": Transform("scan", "Scan"),
    }
)
"""By their names in flax.linen."""

BROADCAST = frozenset({"flax.linen.broadcast", "flax.core.broadcast", "flax.core.lift.broadcast"})

FUNCTIONS = frozenset({"remat", "jit"})
"""Those that change how a call is computed, but neither what it computes nor the variables."""


@dataclass(frozen=True, eq=False)
class Lift:
    """One transform: `remat`, `jit`, `vmap` or `scan`, its call (the bare name in a decorator), its arguments.

    Static arguments are `given` as NNX counts them. `markers` are the uses of `nn.broadcast` in the arguments.
    """

    function: ast.expr
    call: ast.expr
    given: Mapping[str, ast.expr]
    transform: Transform
    odd: str = ""
    markers: tuple[ast.expr, ...] = ()

    @property
    def name(self) -> str:
        return self.transform.name

    @property
    def rounds(self) -> ast.expr | None:
        """How often a vmap or a scan runs the module, where that is given."""
        return self.given.get("axis_size" if self.name == "vmap" else "length")


@dataclass(frozen=True, eq=False)
class Lifted:
    """A class behind transforms, the outermost first, and every expression that names the class.

    `statements` bind the locals that it goes through; `sometimes` says that configuration decides about a transform:
    they are there `when` a test has that answer, where that is all that decides.
    """

    name: str
    nodes: tuple[ast.expr, ...]
    lifts: tuple[Lift, ...]
    every: tuple[Lift, ...] = ()
    statements: tuple[ast.Assign, ...] = ()
    sometimes: bool = False
    when: tuple[ast.expr, bool] | None = None

    @property
    def iteration(self) -> Lift | None:
        """The vmap or scan that runs the module many times, where it is the outermost transform."""
        return self.lifts[0] if self.lifts[0].name not in FUNCTIONS else None

    @property
    def prefix(self) -> str:
        return "".join(lift.transform.prefix for lift in self.lifts)


def lift_of(node: ast.expr, names: Names) -> tuple[Lift, ast.expr] | None:
    """Returns the transform that a call of one is, and what it is put around."""
    transform = _transform(node.func, names) if isinstance(node, ast.Call) else None
    if transform is None:
        return None
    assert isinstance(node, ast.Call)
    given = {str(k.arg): k.value for k in node.keywords}
    target = node.args[0] if node.args else given.pop("target", None)
    if target is None or isinstance(target, ast.Starred):
        return None
    odd = "its arguments are not all named" if len(node.args) > 1 or "None" in given else ""
    return _lift(transform, node.func, node, given, odd, names), target


def _lift(
    transform: Transform,
    function: ast.expr,
    call: ast.expr,
    given: dict[str, ast.expr],
    odd: str,
    names: Names,
) -> Lift:
    static = given.get("static_argnums")
    if static is not None and not transform.module:
        counted = _with_module(static)
        odd = odd or ("" if counted else "which arguments are static is not literal")
        given = given | ({"static_argnums": counted} if counted else {})
    return Lift(function, call, given, transform, odd, _markers(call, names))


def _with_module(static: ast.expr) -> ast.expr | None:
    """The same places, where the module is the first argument."""
    match static:
        case ast.Tuple(elts=items) | ast.List(elts=items):
            places = [i.value for i in items if isinstance(i, ast.Constant) and type(i.value) is int]
            if len(places) == len(items) and all(place >= 0 for place in places):
                counted = ast.Tuple([ast.Constant(place + 1) for place in places], ast.Load())
                return ast.fix_missing_locations(ast.copy_location(counted, static))
    return None


def _transform(node: ast.expr, names: Names) -> Transform | None:
    return TRANSFORMS.get(names.linen(node) or "")


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
    bare = _transform(node, names)
    if bare is not None:
        return Lift(node, node, {}, bare)
    if not isinstance(node, ast.Call) or names.resolve(node.func) != "functools.partial" or not node.args:
        return None
    transform = _transform(node.args[0], names)
    if transform is None:
        return None
    odd = "its arguments are not all named" if len(node.args) > 1 else ""
    given = {str(k.arg): k.value for k in node.keywords}
    return _lift(transform, node.args[0], node, given, odd, names)


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
        _when(found),
    )


def _when(found: Sequence[Lifted]) -> tuple[ast.expr, bool] | None:
    """The one condition that decides between a class and its transform, which is bound after the class if at all."""
    if len(found) != 2 or bool(found[0].lifts) == bool(found[1].lifts):
        return None
    plain, lifted = sorted(found, key=lambda a: len(a.lifts))
    if lifted.when is None:
        return None
    opposite = plain.when is not None and plain.when == (lifted.when[0], not lifted.when[1])
    return lifted.when if opposite or (plain.when is None and found[0] is plain) else None


class _Reader:
    def __init__(self, method: Method, names: Names):
        self.method, self.names = method, names
        self.open: set[str] = set()

    def alternatives(self, node: ast.expr) -> list[Lifted]:
        """Returns the classes that an expression may stand for; nothing where that is not followed."""
        if isinstance(node, ast.IfExp):
            one, two = self.alternatives(node.body), self.alternatives(node.orelse)
            sides = [*(_under(a, node.test, True) for a in one), *(_under(a, node.test, False) for a in two)]
            return sides if one and two else []
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
            above = [a for a in self.method.above(statement) if isinstance(a, ast.If)]
            if len(above) == 1:
                new = [_under(a, above[0].test, statement in above[0].body) for a in new]
            found = [*found, *new] if above else new
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
            replace(a, every=(), statements=tuple(dict.fromkeys((*a.statements, statement)))) for a in new
        ]


def _around(lift: Lift, inner: Lifted) -> Lifted:
    return Lifted(inner.name, inner.nodes, (lift, *inner.lifts), (), inner.statements)


def _under(lifted: Lifted, test: ast.expr, answer: bool) -> Lifted:
    """What holds on one side of a condition; of two of them, neither alone decides."""
    return replace(lifted, when=(test, answer) if lifted.when is None else None)


def _binds(node: ast.AST, name: str) -> bool:
    stored = isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
    return stored or (isinstance(node, ast.arg) and node.arg == name)
