"""Runs the methods of one class on shapes: what each submodule is called with, and which sizes change in loops."""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..bindings import defines, stored
from ..constructions import Construction
from ..model import LinenClass, Method, MethodKind
from .evaluate import Evaluator, merged
from .layers import output_of, sizes_of
from .terms import Kind, Maker, Term
from .values import SOMEWHERE, Array, Items, Made, Opaque, Shape, Use, Value

Env = dict[str, Value]
Child = Callable[[Construction, Mapping[str, Value], Use], tuple[tuple[tuple[str, Term | None], ...], Value]]
"""What a class of the project asks for, and gives, when it is constructed and called like this."""

_DEPTH = 4  # of methods that call methods
_COUNTERS = ("enumerate", "zip", "range")
_ROUNDS = 6  # until what a loop changes is known


@dataclass(frozen=True, eq=False)
class Phi:
    """A size that a loop changes: `entry` before the first round, `back` after each."""

    loop: ast.For
    variable: str
    entry: Term | None
    back: Term | None


@dataclass(eq=False)
class Found:
    """What is known of one submodule: its constructor's arguments, its sizes, the locals where it is made."""

    construction: Construction
    values: dict[str, Value] = field(default_factory=dict)
    sizes: tuple[tuple[str, Term | None], ...] | None = None
    uses: list[Use] = field(default_factory=list)
    env: Env = field(default_factory=dict)


@dataclass(eq=False)
class Flow:
    """`seen` has the value of every expression that was come to; `returns` that of each public method."""

    found: dict[ast.Call, Found] = field(default_factory=dict)
    seen: dict[ast.AST, Value] = field(default_factory=dict)
    phis: dict[tuple[int, str, int], Phi] = field(default_factory=dict)
    returns: dict[str, Value] = field(default_factory=dict)
    attributes: dict[str, Value] = field(default_factory=dict)


def run(
    cls: LinenClass, made: Sequence[Construction], fields: Mapping[str, bool], child: Child,
    inherited: Mapping[str, Value] | None = None,
) -> Flow:  # fmt: skip
    """Returns what shapes say about `cls`; `fields` tells which are activations."""
    runner = _Runner(cls, made, fields, child)
    runner.flow.attributes.update(inherited or {})
    runner.run()
    return runner.flow


class _Runner:
    def __init__(
        self, cls: LinenClass, made: Sequence[Construction], fields: Mapping[str, bool], child: Child
    ):
        self.cls, self.fields, self.child = cls, fields, child
        self.made = {c.call: c for c in made}
        self.flow = Flow()
        self.depth = 0

    def run(self) -> None:
        setup = self.cls.methods.get("setup")
        if setup is not None:
            self._method(setup, {})
        methods = [m for m in self.cls.methods.values() if m.kind in (MethodKind.COMPACT, MethodKind.PLAIN)]
        methods.sort(key=lambda m: m.node.name.startswith("_") and m.node.name != "__call__")
        methods.sort(key=lambda m: m.node.name != "__call__")
        called = _called(self.cls, methods)
        for method in sorted(methods, key=lambda m: m.node.name in called and m.node.name != "__call__"):
            env: Env = {name: Array((method.node.name, name)) for name in method.parameters}
            self.flow.returns[method.node.name] = self._method(method, env)

    def _method(self, method: Method, env: Env) -> Value:
        body = _Body(self, method)
        body.evaluator.env.update(env)
        body.block(method.node.body)
        self.flow.seen.update(body.evaluator.seen)
        return body.returned()

    def inline(self, method: Method, use: Use) -> Value:
        """A call of another method of the class runs on the shapes that it is given."""
        if self.depth >= _DEPTH or method.kind is MethodKind.STATIC or "**" in use.keywords:
            return None
        if any(isinstance(a, ast.Starred) for a in use.call.args):
            return None
        env: Env = dict.fromkeys(method.parameters)
        env |= dict(zip(method.parameters, use.args, strict=False)) | use.keywords
        self.depth += 1
        try:
            return self._method(method, env)
        finally:
            self.depth -= 1

    def apply(self, made: Made, use: Use) -> Value:
        """A call of a submodule: its sizes are those of the first call that tells them."""
        found = self.flow.found.get(made.call)
        if found is None:
            return None
        found.uses.append(use)
        construction = found.construction
        if construction.layer is not None:
            sizes = sizes_of(construction.layer.linen, found.values, use)
            self._keep(found, sizes)
            return output_of(construction.layer.linen, found.values, use)
        sizes, output = self.child(construction, found.values, use)
        self._keep(found, sizes)
        return output

    @staticmethod
    def _keep(found: Found, sizes: tuple[tuple[str, Term | None], ...] | None) -> None:
        """The first call that tells a size decides; one that is made of fields holds at every place."""
        if sizes is None:
            return
        known = dict(found.sizes or ())
        call = found.construction.call
        listed = isinstance(found.construction.method.parents[call], ast.ListComp)
        for name, size in sizes:
            before = known.get(name)
            if listed and len(found.uses) > 1 and size != before:
                known[name] = None  # the elements of a list have to be alike
                continue
            if before is None or (size is not None and holds_anywhere(size) and not holds_anywhere(before)):
                known[name] = size
        found.sizes = tuple(known.items())


def holds_anywhere(size: Term) -> bool:
    """Tells whether a size is made of literals and fields alone."""
    return not any(t.kind in (Kind.PHI, Kind.LOCAL, Kind.DIM) for t in size.walk())


def called_methods(cls: LinenClass) -> set[str]:
    """Returns the methods that methods of the class call on self."""
    return _called(cls, list(cls.methods.values()))


def _called(cls: LinenClass, methods: Sequence[Method]) -> set[str]:
    return {
        n.func.attr
        for m in methods
        for n in ast.walk(m.node)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and m.is_this(n.func)
        and n.func.attr in cls.methods
    }  # fmt: skip


class _Body:
    """One method, statement by statement."""

    def __init__(self, runner: _Runner, method: Method):
        self.runner, self.method = runner, method
        self.evaluator = Evaluator(
            runner.cls,
            method,
            self._constructs,
            runner.flow.attributes,
            runner.apply,
            runner.inline,
            runner.fields,
        )
        self.results: list[Value] = []
        self.open = True

    @property
    def env(self) -> Env:
        return self.evaluator.env

    @env.setter
    def env(self, env: Env) -> None:
        self.evaluator.env = env

    def returned(self) -> Value:
        if not self.results:
            return None
        first = self.results[0]
        return first if all(r == first for r in self.results) else None

    def _constructs(self, call: ast.Call) -> bool:
        construction = self.runner.made.get(call)
        if construction is None or construction.method is not self.method:
            return False
        found = self.runner.flow.found.setdefault(call, Found(construction))
        found.values = {name: self.evaluator.value(node) for name, node in construction.given.items()}
        found.env = dict(self.env)
        return True

    def block(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            if not self.open:
                return
            self._statement(statement)

    def _statement(self, statement: ast.stmt) -> None:
        value = self.evaluator.value
        match statement:
            case ast.Assign(targets=targets, value=node):
                found = value(node)
                for target in targets:
                    self._bind(target, found, node)
            case ast.AnnAssign(target=target, value=node) if node is not None:
                self._bind(target, value(node), node)
            case ast.AugAssign(target=ast.Name(id=name) as target, op=op, value=node):
                read = ast.BinOp(ast.copy_location(ast.Name(name, ast.Load()), target), op, node)
                self._bind(target, value(ast.copy_location(read, statement)), node)
            case ast.Expr(value=node):
                value(node)
                self._forget(statement)
            case ast.Return(value=node):
                self.results.append(value(node))
                self.open = False
            case ast.Raise():
                self.open = False
            case ast.If():
                self._if(statement)
            case ast.For():
                self._for(statement)
            case ast.With(items=items, body=body):
                for item in items:
                    value(item.context_expr)
                self._forget(statement)
                self.block(body)
            case ast.Pass() | ast.Assert() | ast.Import() | ast.ImportFrom():
                pass
            case _:
                self._opaque(statement)

    def _opaque(self, statement: ast.stmt) -> None:
        for node in ast.walk(statement):
            if isinstance(node, ast.stmt):
                self._forget(node)

    def _forget(self, statement: ast.stmt) -> None:
        for name in defines(statement):
            self.env[name] = None

    def _bind(self, target: ast.expr, value: Value, node: ast.expr) -> None:
        match target:
            case ast.Name(id=name):
                if isinstance(value, Opaque):
                    value = Term(Kind.LOCAL, Maker(name, target.lineno, target.col_offset))
                self.env[name] = value
            case ast.Tuple(elts=elts) | ast.List(elts=elts):
                self._unpack(elts, value)
            case ast.Attribute(attr=name) if self.method.is_this(target):
                if self.method.kind is MethodKind.SETUP:
                    listed = isinstance(node, ast.ListComp) and self._listed(node)
                    self.runner.flow.attributes[name] = listed or value
            case ast.Subscript(value=ast.Name(id=name)):
                if not isinstance(self.env.get(name), Array):
                    self.env[name] = None
            case ast.Subscript() | ast.Attribute():
                pass
            case _:
                for name in stored(target):
                    self.env[name] = None

    def _listed(self, node: ast.ListComp) -> Value:
        """`[nn.Dense(f) for f in self.features]`: the submodules of one call."""
        if not isinstance(node.elt, ast.Call) or node.elt not in self.runner.made:
            return None
        before = dict(self.env)
        for generator in node.generators:
            self._bind_target(generator.target)
        made = self.evaluator.value(node.elt)
        self.env = before
        return Made(made.call, many=True) if isinstance(made, Made) else None

    def _unpack(self, elts: Sequence[ast.expr], value: Value) -> None:
        known: list[Value] = [None] * len(elts)
        if isinstance(value, Items) and len(value.items) == len(elts):
            known = list(value.items)
        elif isinstance(value, Shape) and not any(isinstance(e, ast.Starred) for e in elts):
            known = [value.array.at(i - len(elts)) for i in range(len(elts))]
            self._rank(value.array, len(elts))
        elif isinstance(value, Shape) and isinstance(elts[0], ast.Starred):
            known = [None, *(value.array.at(i - len(elts)) for i in range(1, len(elts)))]
        for element, item in zip(elts, known, strict=True):
            self._bind(element.value if isinstance(element, ast.Starred) else element, item, element)

    def _rank(self, array: Array, rank: int) -> None:
        """`b, h, w, c = x.shape` says how many axes x has."""
        if array.root is None:
            return
        whole = array.spelled(rank)
        for name, held in self.env.items():
            if held == array:
                self.env[name] = Array(whole.root, whole.cut, whole.tail, rank)

    def _if(self, statement: ast.If) -> None:
        test = self.evaluator.value(statement.test)
        start = dict(self.env)
        self.block(statement.body)
        yes, yes_open = self.env, self.open
        self.env, self.open = start, True
        self.block(statement.orelse)
        if yes_open and self.open:
            names = yes.keys() | self.env.keys()
            self.env = {name: merged(test, yes.get(name), self.env.get(name)) for name in names}
        elif yes_open:
            self.env = yes
        self.open = self.open or yes_open

    def _bind_target(self, target: ast.expr) -> None:
        for node in ast.walk(target):
            if isinstance(node, ast.Name):
                maker = Maker(node.id, node.lineno, node.col_offset)
                self.env[node.id] = Term(Kind.LOCAL, maker)

    def _for(self, loop: ast.For) -> None:
        iterated = self._iterated(loop.iter)
        head = dict(self.env)
        inside = {n for n in ast.walk(loop) if isinstance(n, ast.Call)}
        for _ in range(_ROUNDS):
            for call in inside & self.runner.flow.found.keys():
                del self.runner.flow.found[call]  # what an earlier round saw was not yet true of every round
            self.env = dict(head)
            self._enter(loop, iterated)
            self.block(loop.body)
            if not self.open:
                break
            after = {name: self._carried(loop, name, head[name], self.env.get(name)) for name in head}
            if after == head:
                break
            head = after
        else:
            head = dict.fromkeys(head)
        targets = stored(loop.target)
        inner = {n for s in ast.walk(loop) if isinstance(s, ast.stmt) for n in defines(s)} - head.keys()
        self.env = head | dict.fromkeys(targets | inner)
        self.open = True
        self.block(loop.orelse)

    def _iterated(self, node: ast.expr) -> tuple[list[Value], str]:
        """What a loop runs through, and the function around it that counts or joins."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _COUNTERS:
            return [self.evaluator.value(a) for a in node.args], node.func.id
        return [self.evaluator.value(node)], ""

    def _enter(self, loop: ast.For, iterated: tuple[list[Value], str]) -> None:
        """Binds the targets: elements of configuration, submodules of a list, or something unknown."""
        values, kind = iterated
        target = loop.target
        self._bind_target(target)
        if kind == "range":
            return
        parts = list(target.elts) if kind and isinstance(target, ast.Tuple) else [target]
        if kind == "enumerate":
            parts = parts[1:]
        if len(parts) != len(values):
            self.env |= dict.fromkeys(stored(target))
            return
        for part, value in zip(parts, values, strict=True):
            if isinstance(value, Made) and value.many and isinstance(part, ast.Name):
                self.env[part.id] = Made(value.call)
            elif not _is_configuration(value):
                self.env |= dict.fromkeys(stored(part))

    def _carried(self, loop: ast.For, name: str, before: Value, after: Value) -> Value:
        """What a variable is at the start of any round: a size that changes becomes a phi."""
        if before == after:
            return before
        if isinstance(before, Term) and isinstance(after, Term):
            return self._phi(loop, name, 0, before, after)
        if not isinstance(before, Array) or not isinstance(after, Array):
            return None
        count = max(len(before.tail), len(after.tail))
        one, two = before.spelled(count), after.spelled(count)
        if (one.root, one.cut, len(one.tail)) != (two.root, two.cut, len(two.tail)):
            last = self._axis(loop, name, 1, before.at(-1), after.at(-1))
            return None if last is None else Array(SOMEWHERE, 1, (last,))
        pairs = enumerate(zip(one.tail, two.tail, strict=True))
        tail = tuple(self._axis(loop, name, len(one.tail) - i, a, b) for i, (a, b) in pairs)
        return Array(one.root, one.cut, tail, one.rank if one.rank == two.rank else None)

    def _axis(
        self, loop: ast.For, name: str, axis: int, before: Term | None, after: Term | None
    ) -> Term | None:
        return before if before == after else self._phi(loop, name, axis, before, after)

    def _phi(
        self, loop: ast.For, name: str, axis: int, before: Term | None, after: Term | None
    ) -> Term | None:
        key = (loop.lineno * 1000 + loop.col_offset, name, axis)
        mine = Term(Kind.PHI, key)
        known = self.runner.flow.phis.get(key)
        entry = known.entry if before == mine and known is not None else before
        if entry is None or after is None:
            return None
        self.runner.flow.phis[key] = Phi(loop, name, entry, None if after == mine else after)
        return mine


def _is_configuration(value: Value) -> bool:
    if isinstance(value, Items):
        return all(_is_configuration(item) for item in value.items)
    return isinstance(value, Term | Opaque)


__all__ = ["Child", "Flow", "Found", "Phi", "run"]
