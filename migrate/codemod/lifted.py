"""What the function of a call stands for: a class of the file, perhaps behind transforms that configuration decides."""

import ast
from collections.abc import Sequence
from dataclasses import replace

from .lifts import FUNCTIONS, Lift, Lifted, lift_of
from .model import Method
from .names import Names


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
        _chosen(found) if len(kinds) > 1 else None,
    )


def _chosen(found: Sequence[Lifted]) -> ast.Name | None:
    """The local that a vmap or a scan runs in every case; nothing where configuration decides about that as well."""
    outer = {lift for a in found for lift in (a.lifts or (None,))[:1]}
    inner = [lift for a in found for lift in a.lifts[1:]]
    one = outer.pop() if len(outer) == 1 else None
    if one is None or not isinstance(one.call, ast.Call) or one.name in FUNCTIONS:
        return None
    target = next(iter(one.call.args), None)
    plain = all(lift.name in FUNCTIONS for lift in inner)
    return target if plain and isinstance(target, ast.Name) else None


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
