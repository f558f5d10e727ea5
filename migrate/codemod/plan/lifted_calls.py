"""Edits to calls behind `nn.remat` and `nn.jit`.

`nn.remat(Block)(8)(x)` becomes `nnx.remat(Block.__call__)(self.checkpoint_block_0, x)`.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence

from ..branches import attributes_of, of_module
from ..lifts import Lift, Lifted
from ..model import Method, MethodKind, Refused
from .caches import makes_caches
from .module_uses import names_in
from .plain import plain_attributes
from .records import Body, ClassPlan, Submodule
from .stores import kept_as

_KEEPING = (("graph", "True"), ("graph_updates", "True"))
"""Options of nnx.remat with which a variable that the call makes stays in the module, in tree mode as well."""


class LiftedCalls:
    """Works on a method; `places` has where each submodule that it makes is called, or is made and called at once."""

    def __init__(self, plan: ClassPlan, method: Method, body: Body):
        self.plan, self.method, self.body = plan, method, body
        self.attributes: dict[ast.expr, str] = {}

    def begin(self, places: Mapping[Submodule, Sequence[ast.expr]]) -> None:
        """What is left of a construction, and so of what it reads, is the function with its transforms."""
        for submodule, lifted in self._mine():
            construction = submodule.construction
            if construction.method is self.method:
                self._spell(submodule, lifted)
                self.body.uncalled.add(construction.call)
                self.body.remove.discard(self.method.statement(construction.call))
                self.attributes |= {p: self.body.replace.pop(p) for p in places[submodule]}

    def finish(self, places: Mapping[Submodule, Sequence[ast.expr]]) -> None:
        """The attribute, which stood for what was called, is the first argument of the function's call."""
        for submodule, lifted in self._mine():
            if submodule.construction.method.kind is MethodKind.SETUP:
                self._of_setup(submodule, lifted)
            for place in places.get(submodule, ()):
                call = self.method.parents[place]
                assert isinstance(call, ast.Call)
                self.body.first[call] = self.body.replace.pop(place, self.attributes[place])

    def _mine(self) -> Iterator[tuple[Submodule, Lifted]]:
        for submodule in self.plan.submodules:
            lifted = submodule.construction.lifted
            if lifted is not None and submodule.iteration is None:
                yield submodule, lifted

    def _spell(self, submodule: Submodule, lifted: Lifted) -> None:
        """`nn.remat(Block, policy=p)` keeps its arguments, and is put around the function that is called."""
        spell_functions(self.body, submodule, lifted.nodes, lifted.every)
        if makes_caches(submodule.child):
            self.body.keywords |= {k.call: [*_KEEPING] for k in lifted.every if isinstance(k.call, ast.Call)}

    def _of_setup(self, submodule: Submodule, lifted: Lifted) -> None:
        """Setup's locals are out of reach of other methods: the transform is spelled where it is called."""
        plain = f"{_class(submodule, lifted.nodes[0])}.__call__"
        uses = self.plan.flow.found[submodule.construction.call].uses
        for use in (u for u in uses if u.call in self.method.parents):
            self.body.first[use.call] = ast.unparse(use.call.func)
            test = self._test(lifted)
            self.body.replace[use.call.func] = (
                self._around(submodule, lifted, plain)
                if test is None
                else self._chosen(submodule, use.call.func, lifted, plain, test)
            )

    def _around(self, submodule: Submodule, lifted: Lifted, function: str) -> str:
        keeping = [f"{n}={v}" for n, v in _KEEPING] if makes_caches(submodule.child) else []
        for lift in reversed(lifted.lifts):
            function = f"nnx.{lift.name}({', '.join([function, *self._options(lift), *keeping])})"
        return function

    def _chosen(self, submodule: Submodule, called: ast.expr, lifted: Lifted, plain: str, test: str) -> str:
        """A local in front of everything else has the function, and the transform around it where that is asked for."""
        name = self._free(f"call_{_last_name(called)}")
        choice = [f"{name} = {plain}", f"if {test}:\n\t{name} = {self._around(submodule, lifted, name)}"]
        self.body.hoist += [row for row in choice if row not in self.body.hoist]
        return name

    def _test(self, lifted: Lifted) -> str | None:
        """What setup asks about the transform, and a method can ask as well. Raises Refused where it cannot."""
        if not lifted.sometimes:
            return None
        setup, asked = self.plan.cls.methods["setup"], lifted.when
        names = {n.attr for n in attributes_of(setup, asked[0])} if asked is not None else set()
        fields = {f.name for f in self.plan.fields}
        if asked is None or not self._can_ask(setup, asked[0]) or not names:
            lift = lifted.lifts[0]
            reason = f"what decides about nn.{lift.name} is not followed"
            raise Refused(
                "MN102", lift.call, f"{reason}: ask a field, or an attribute that setup assigns once"
            )
        self.body.reads |= names & fields
        test, answer = asked
        while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            test, answer = test.operand, not answer
        spelled = ast.parse(ast.unparse(test), mode="eval").body
        for node in attributes_of(setup, spelled):
            node.attr = kept_as(self.plan, node.attr) if node.attr in fields else node.attr
        return ast.unparse(spelled if answer else ast.UnaryOp(ast.Not(), spelled))

    def _can_ask(self, setup: Method, test: ast.expr) -> bool:
        known = {f.name for f in self.plan.fields} | plain_attributes(self.plan)
        return of_module(setup, test) and {n.attr for n in attributes_of(setup, test)} <= known

    def _free(self, name: str) -> str:
        taken = names_in(self.plan, self.method)
        while name in taken:
            name += "_"
        return name

    def _options(self, lift: Lift) -> list[str]:
        setup = self.plan.cls.methods["setup"]
        own = {n.id for n in ast.walk(setup.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        for node in lift.given.values():
            if any(isinstance(n, ast.Name) and n.id in own | {setup.this} for n in ast.walk(node)):
                raise Refused("MN102", node, f"an argument of nn.{lift.name} is known in setup alone")
        return [f"{name}={ast.unparse(node)}" for name, node in lift.given.items()]


def spell_functions(
    body: Body, submodule: Submodule, nodes: Sequence[ast.expr], lifts: Sequence[Lift]
) -> None:
    """What names the class names what it is called with; transforms of it are NNX's."""
    for node in nodes:
        body.replace[node] = f"{_class(submodule, node)}.__call__"
    for lift in lifts:
        body.replace[lift.function] = f"nnx.{lift.name}"
        assert isinstance(lift.call, ast.Call)
        named = [(k.value, lift.given.get(k.arg or "", k.value)) for k in lift.call.keywords]
        body.replace |= {old: ast.unparse(new) for old, new in named if old is not new}


def _class(submodule: Submodule, node: ast.expr) -> str:
    layer = submodule.construction.layer
    return ast.unparse(node) if layer is None else layer.spelled


def _last_name(function: ast.expr) -> str:
    """`layer` for `layer`, `self.layer` and `self.layer[i]`."""
    while isinstance(function, ast.Subscript):
        function = function.value
    assert isinstance(function, ast.Attribute | ast.Name)
    return function.attr if isinstance(function, ast.Attribute) else function.id
