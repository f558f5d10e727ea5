"""Runs the methods of one class on shapes: what each submodule is called with, and which sizes change in loops."""

import ast
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from types import MappingProxyType

from ..appended import appended
from ..bindings import may_be_missing
from ..borrowed import is_borrowed
from ..cells import CARRY, CELLS
from ..constructions import Construction
from ..constructors import item_path
from ..filled_fields import filled_by
from ..getters import given_by
from ..given_shapes import given_shapes
from ..grown import grown
from ..iterations import read_iteration
from ..lifts import FUNCTIONS, decorating
from ..model import LinenClass, Method, MethodKind, Refused
from ..names import Names, is_super
from ..trees import walk
from .arrays import Assume
from .assumed import read_by
from .body import Body
from .callables import Lookup, is_plain, nothing
from .declared import decided
from .declared import term as settled
from .either_class import of_either
from .found import (
    NO_BASE,
    Child,
    Env,
    Fill,
    Flow,
    Found,
    Line,
    Sizes,
    Witness,
    anywhere,
    as_it_is,
    as_it_says,
    holds_anywhere,
)
from .functions.arguments import Arguments
from .held import Held, as_attributes, given_modules
from .holders import HOLDERS
from .inline import run_function, run_local
from .keyed import forget_changed
from .layers import output_of, sizes_of
from .optional import lacks, with_it
from .rounds import inside, outside
from .terms import Kind, Term, const, is_test
from .values import Array, Local, Made, OneOf, Rest, Root, Shape, Use, Value

_DEPTH = 6  # of methods and functions that call others
_MAY_BE_MISSING = 2
_CALLED = (MethodKind.COMPACT, MethodKind.PLAIN)
CONTRACTING = frozenset(
    {"Dense", "DenseGeneral", "Conv", "MultiHeadDotProductAttention", "MultiHeadAttention", "SelfAttention"}
)
"""Layers that fail for an input of another size than that of their kernel."""


def run(
    cls: LinenClass, made: Sequence[Construction], fields: Mapping[str, bool], child: Child,
    inherited: Mapping[str, Value] | None = None, lookup: Lookup = nothing, fill: Fill = as_it_is,
    ranks: Mapping[Root, int] = MappingProxyType({}), witness: Witness = as_it_says,
    held: Mapping[str, Held] = MappingProxyType({}), rest: Rest | None = None, *, decides: bool = False,
    line: Line = NO_BASE, strings: Mapping[Root, Value] = MappingProxyType({}),
) -> Flow:  # fmt: skip
    """Returns what shapes say about `cls`; `fields` tells which are activations, `lookup` what names stand for.

    `fill` adds to a call of a submodule what is known of its arguments from elsewhere, `witness` to any expression;
    `ranks` has the number of axes of arguments of the methods, as far as that is known from elsewhere. The
    `held` fields have modules of who constructs the class, `rest` is what `**kwargs` of a method holds. `line` has
    what the class inherits, `strings` those that arguments of the methods are.

    With `decides`, sides of conditions that literals rule out are not run: nothing is asked about the submodules there.
    """
    runner = Runner(cls, made, fields, child, lookup, fill, ranks, line)
    runner.decides, runner.witness = decides, witness
    runner.flow.attributes.update(inherited or {})
    runner.flow.attributes.update(as_attributes(held))
    runner.rest, runner.strings = rest, strings
    runner.held = {one.construction.call: one for one in held.values()}
    runner.run()
    return runner.flow


class Runner:
    """The methods of one class; `flow` has what is known so far."""

    def __init__(
        self, cls: LinenClass, made: Sequence[Construction], fields: Mapping[str, bool], child: Child,
        lookup: Lookup, fill: Fill, ranks: Mapping[Root, int], line: Line,
    ):  # fmt: skip
        self.ranks, self.line = ranks, line
        self.own = {c.call for c in made}
        made = [*made, *(c for _, above in line.bases for c in above)]
        self.methods = {**line.methods, **cls.methods}
        self.cls, self.fields, self.child, self.lookup, self.fill = cls, fields, child, lookup, fill
        self.made = {c.call: c for c in reversed(made)}
        self.choices = {c.call: [o for o in made if o.call is c.call] for c in made if c.choice}
        self.lists = {a.name: a for _, setup in self.setups for a in appended(setup, self.made)}
        self.flow = Flow()
        self.depth = 0
        self.settled: set[Found] = set()
        """What methods that ran before have called: the sizes are what they say."""
        self.decides = False
        self.witness: Witness = as_it_says
        self.held: Mapping[ast.Call, Held] = {}
        self.rest: Rest | None = None
        self.strings: Mapping[Root, Value] = {}

    def run(self) -> None:
        for _, setup in self.setups:
            self._method(setup, {})
            self.flow.attributes.update((g.attribute, g) for g in grown(setup))
        for method in (m for m in self.cls.methods.values() if m.is_static):
            if is_plain(method.node, self.cls.names):
                own: Env = {name: Term(Kind.ARGUMENT, (method.node.name, name)) for name in method.parameters}
                self.flow.returns[method.node.name] = self._method(method, own)
        methods = [m for m in self.methods.values() if m.kind in _CALLED]
        methods.sort(key=lambda m: m.node.name.startswith("_") and m.node.name != "__call__")
        methods.sort(key=lambda m: m.node.name != "__call__")
        called = _called(self.methods, methods)
        for method in sorted(methods, key=lambda m: m.node.name in called and m.node.name != "__call__"):
            env: Env = {name: self._argument((method.node.name, name)) for name in method.parameters}
            env |= {name: Shape(Array((method.node.name, name)), given=True) for name in given_shapes(method)}
            env |= {name: word for (called, name), word in self.strings.items() if called == method.node.name}
            if self.rest is not None and method.node.args.kwarg is not None:
                env[method.node.args.kwarg.arg] = self.rest
            self.settled = {found for found in self.flow.found.values() if found.uses}
            known = {**self.flow.phis}
            self.flow.returns[method.node.name] = self._method(method, env)
            self.flow.phis |= known  # the first call says what a loop starts from
        others = self.flow.found.keys() - self.own
        self.flow.inherited = {call: self.flow.found.pop(call) for call in others}
        above = [m.parents for cls, _ in self.line.bases for m in cls.methods.values()]
        for found in self.flow.found.values() if above else ():
            found.elsewhere = [use for use in found.uses if any(use.call in parents for parents in above)]
            found.uses = [use for use in found.uses if use not in found.elsewhere]

    @property
    def setups(self) -> list[tuple[LinenClass, Method]]:
        """The `setup` that runs, and before it those of the bases which it calls."""
        found = list[tuple[LinenClass, Method]]()
        for cls in (self.cls, *(base for base, _ in self.line.bases)):
            setup = cls.methods.get("setup")
            if setup is not None:
                found.insert(0, (cls, setup))
                if not any(is_super(n, "setup") for n in walk(setup.node)):
                    break
        return found

    def _argument(self, root: Root) -> Array:
        """What a method is given; a number of axes that is known from elsewhere is one that it is taken to have."""
        if root in self.ranks:
            self.flow.assumed[root] = self.flow.exact[root] = self.ranks[root]
        return Array(root, rank=self.ranks.get(root))

    def item(self, array: Array, place: int) -> Array | None:
        """Returns an item of an argument that is a tuple of arrays."""
        found = array.item(place)
        root = found.argument if found is not None else None
        return self._argument(root) if root is not None and root in self.ranks else found

    def _method(self, method: Method, env: Env) -> Value:
        body = Body(self, method)
        body.evaluator.env.update(env)
        body.block(method.node.body)
        body.end()
        self.flow.seen.update(body.evaluator.seen)
        self.write_down(body)
        return body.returned()

    def write_down(self, body: Body) -> None:
        """Keeps what `body` took for granted."""
        for root, count in body.evaluator.assumed.items():
            self.flow.assumed[root] = max(self.flow.assumed.get(root, 0), count)
        self.flow.exact |= body.evaluator.exact
        self.flow.counted += body.evaluator.counted
        for root, value in body.evaluator.instead.items():
            self.flow.instead[root] = value if self.flow.instead.get(root, value) == value else None

    def inline(self, method: Method, use: Use) -> Value:
        """A call of another method of the class runs on the shapes that it is given."""
        if self.depth >= _DEPTH or method.takes_class or "**" in use.keywords:
            return None
        if method.kind is MethodKind.STATIC and not is_plain(method.node, self.cls.names):
            return None
        if any(isinstance(a, ast.Starred) for a in use.call.args):
            return None
        names = (self.line.owner(method) or self.cls).names
        if any(lift.name not in FUNCTIONS for _, lift in decorating(method, names)):
            return None  # it runs on the steps of what it is given
        env: Env = {n: const(None) if may_be_missing(method, n) else None for n in method.parameters}
        given = dict(zip(method.parameters, use.args, strict=False)) | use.keywords
        for name, value in given.items():
            root = value.root if isinstance(value, Array) else None
            if isinstance(root, tuple) and value == self._argument(root):
                self.flow.handed.setdefault(root, {}).setdefault(method.node.name, set()).add(name)
        env |= given
        self.depth += 1
        try:
            return self._method(method, env)
        finally:
            self.depth -= 1

    def inherited(self, use: Use, assume: Assume) -> Value:
        """A call of a method of a base.

        Of the one that the class replaces, the sizes are those of the first call that tells them. Sizes that only hold
        at some places of a base's method mean nothing in the class.
        """
        method = self.line.methods.get(use.method)
        starred = any(isinstance(a, ast.Starred) for a in use.call.args)
        if method is None or method.kind not in _CALLED or starred or "**" in use.keywords:
            return None
        told, value = self.line.calls(use, assume)
        if use.method in self.cls.methods:
            known = dict(self.flow.called_up or ())
            sizes = ((n, size if size is not None and size.spelled else None) for n, size in told)
            self.flow.called_up = tuple((name, known.get(name) or size) for name, size in sizes)
        followed = anywhere(self.inline(method, use))
        return value if value is not None else followed

    def function(self, node: ast.FunctionDef | ast.Lambda, names: Names, given: Arguments) -> Value:
        """A call of a function outside of the class runs on the shapes that it is given."""
        if self.depth >= _DEPTH:
            return None
        self.depth += 1
        try:
            return run_function(self, node, names, given)
        finally:
            self.depth -= 1
            forget_changed(given.evaluator.env, given.node, node)

    def local(self, around: Body, function: Local, given: Arguments) -> Value:
        """A call of a function that a method defines."""
        if self.depth >= _DEPTH:
            return None
        self.depth += 1
        try:
            return run_local(around, function, given)
        finally:
            self.depth -= 1
            forget_changed(given.evaluator.env, given.node, function.node)

    def getter(self, name: str) -> Value:
        """Returns the size or submodule that a property gives, which depends on what the module holds alone."""
        method = self.cls.methods.get(name)
        given = given_by(method) if method is not None and self.depth < _DEPTH else None
        if method is None or given is None:
            return None
        self.depth += 1
        value = Body(self, method).evaluator.value(given)
        self.depth -= 1
        if not isinstance(value, Term | Made | OneOf) or (isinstance(value, Made) and value.many):
            return None
        self.flow.told.add(name)
        return value

    def apply(self, made: Made, use: Use, assume: Assume) -> Value:
        """A call of a submodule: its sizes are those of the first call that tells them."""
        found = self.flow.found.get(made.call)
        if found is None:
            return self._apply_held(self.held[made.call], use, assume) if made.call in self.held else None
        layer = found.construction.layer
        if use.method == CARRY and layer is not None and layer.linen in CELLS:
            found.carries.append(use)
            return output_of(layer.linen, found.values, use)
        if found.construction.applied and use.method == "apply":
            use = Use(use.call, "__call__", use.args[1:])
        elif layer is not None and use.method == "apply" and is_borrowed(use.call):
            return output_of(layer.linen, found.values, Use(use.call, "__call__", use.args[1:]))
        found.uses.append(use)
        lifted = found.construction.lifted
        if lifted is None or lifted.iteration is None:
            value = self._run(found, use, assume)
            return value if self._is_the_one(made.call) else None
        try:
            iteration = read_iteration(lifted.iteration, self.cls.names)
        except Refused:  # the plan of the class says so; here its shapes are not known
            return None
        return outside(iteration, use, self._run(found, inside(iteration, use, assume), assume), found.rounds)

    def _is_the_one(self, call: ast.Call) -> bool:
        """Tells whether no construction gives another module to the field that this call makes the default of."""
        filled = filled_by(self.cls, call)
        return filled is None or filled.name in self.fields

    def _apply_held(self, held: Held, use: Use, assume: Assume) -> Value:
        """A call of a module that a field is given; what is unpacked there is not followed."""
        if any(isinstance(a, ast.Starred) for a in use.call.args):
            use = replace(use, args=(), keywords={"**": None})
        held.uses.append(use)
        layer = held.construction.layer
        if layer is not None:
            return output_of(layer.linen, held.values, use)
        return self.child(held.construction, held.values, use, assume, held.inner)[1]

    def _held(self, found: Found) -> dict[str, Held]:
        """The modules that are made for the fields of a submodule."""
        given = given_modules(found.values)
        lists = [n.elts for n in found.construction.given.values() if isinstance(n, ast.List | ast.Tuple)]
        own = [*found.construction.given.values(), *(element for elements in lists for element in elements)]
        each = ((name, self.flow.found.get(made.call), place) for name, (made, place) in given.items())
        return {
            name: Held(one.construction, one.values, self._held(one), place=place)
            for name, one, place in each
            if one is not None and one.construction.call in own
        }

    def _run(self, found: Found, use: Use, assume: Assume) -> Value:
        construction = found.construction
        use = self.fill(found, use) if construction.call in self.own else use
        each = self.choices.get(construction.call, (construction,))
        if len({one.layer is None for one in each}) > 1:
            return self._either(found, each, [self._norm_or_class(found, one, use, assume) for one in each])
        if construction.layer is not None and construction.layer.linen in HOLDERS:
            found.sizes = ()
            return HOLDERS[construction.layer.linen](self, found, use, assume)
        if construction.layer is not None:
            contracts = construction.layer.linen in CONTRACTING
            use, alike = read_by(use, self.methods) if contracts else (use, set())
            sizes = sizes_of(construction.layer.linen, found.values, use)
            self._keep(found, sizes)
            asked = {size for _, size in found.sizes or ()}
            found.alike |= {(one, other) for one, other in alike if one in asked}
            return output_of(construction.layer.linen, found.values, use)
        held = self._held(found)
        told = [self.child(one, found.values, use, assume, held) for one in each]
        for one in held.values():
            for inner in one.uses:
                outside = replace(inner, call=use.call, inside=inner.spelled)
                self.apply(Made(one.construction.call), outside, assume)
        return self._either(found, each, told)

    def _either(
        self, found: Found, each: Sequence[Construction], told: Sequence[tuple[Sizes, Value]]
    ) -> Value:
        """What a call of one of several gives, and the sizes where all of them are told the same."""
        each_told = [[(name, size and settled(self.cls, size)) for name, size in sizes] for sizes, _ in told]
        self._keep(found, tuple(_alike(*places) for places in zip_longest(*each_told, fillvalue=("", None))))
        return decided(self.cls, of_either(each, [output for _, output in told]))

    def _norm_or_class(
        self, found: Found, one: Construction, use: Use, assume: Assume
    ) -> tuple[Sizes, Value]:
        """What a norm of Flax, or a class that may be in its place, asks for and gives."""
        values = found.bound[one]
        if one.layer is None:
            return self.child(one, values, use, assume)
        return sizes_of(one.layer.linen, values, use) or (), output_of(one.layer.linen, values, use)

    def _keep(self, found: Found, sizes: tuple[tuple[str, Term | None], ...] | None) -> None:
        """The first call that tells a size decides; one that is made of fields holds at every place.

        One of an argument that may be missing gives way: the calls read one kernel, so the sizes are the same. What
        one call leaves out and another gives has to be there.
        """
        if sizes is None:
            return
        known = dict(found.sizes or ())
        call = found.construction.call
        kinds = (
            ast.ListComp if found.construction.method.kind is not MethodKind.SETUP else ast.ListComp | ast.For
        )
        listed = any(isinstance(a, kinds) for a in found.construction.method.above(call))
        for name, told in sizes:
            size = told if told is not None and told.spelled else None
            before = known.get(name)
            if size is not None and not listed:
                found.told[name] = (*found.told.get(name, ()), size)
            if name in known and size != before and (lacks(before) or lacks(size)):
                known[name] = with_it(before, size)
                continue
            if name in known and size != before and (is_test(size) or is_test(before)):
                known[name] = None  # what some calls make, others may have to do without
                continue
            if listed and len(found.uses) > 1 and size != before:
                in_turn = _change_in_turn(before, size) or _is_called_again(found)
                if found not in self.settled or not in_turn:
                    known[name] = None  # the elements of a list have to be alike
                continue
            if before is None or (size is not None and self._vague(size, found) < self._vague(before, found)):
                known[name] = size
            missing = [
                s for s in (before, size) if s is not None and self._vague(s, found) == _MAY_BE_MISSING
            ]
            if len(missing) == 1 and None not in (before, size):
                found.alike.add((known[name], missing[0]))
        found.sizes = tuple(known.items())

    def _vague(self, size: Term, found: Found) -> int:
        """How little is known of where a size comes from: fields, an argument, or one that may be missing."""
        if holds_anywhere(size):
            return 0
        contracts = found.construction.layer is not None and found.construction.layer.linen in CONTRACTING
        roots = [(t.value.method, t.value.array) for t in size.walk() if t.kind is Kind.DIM]
        optional = any(may_be_missing(self.methods[m], item_path(name)[0]) for m, name in roots)
        return _MAY_BE_MISSING if contracts and optional else 1


def _change_in_turn(before: Term | None, size: Term | None) -> bool:
    """Tells whether the elements of a list get their sizes in a loop each time, as their kernels have them."""
    return all(term is not None and term.kind is Kind.PHI for term in (before, size))


def _is_called_again(found: Found) -> bool:
    """Tells whether the call that has told the sizes comes from another method, for the same elements of a list."""
    return found.uses[-1].call in [use.call for use in found.uses[:-1]]


def called_methods(cls: LinenClass) -> set[str]:
    """Returns the methods that methods of the class call on self."""
    return _called(cls.methods, list(cls.methods.values()))


def _called(known: Container[str], methods: Sequence[Method]) -> set[str]:
    return {
        n.func.attr
        for m in methods
        for n in walk(m.node)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and m.is_this(n.func)
        and n.func.attr in known
    }  # fmt: skip


def _alike(first: tuple[str, Term | None], *others: tuple[str, Term | None]) -> tuple[str, Term | None]:
    """What stands in one place of the sizes of several classes, where they are told the same."""
    name, size = first
    return name, size if all(other == size for _, other in others) else None
