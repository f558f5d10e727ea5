"""Edits to calls behind `nn.remat` and `nn.jit`.

`nn.remat(Block)(8)(x)` becomes `nnx.remat(Block.__call__)(self.checkpoint_block_0, x)`.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence

from ..lifts import Lift, Lifted
from ..model import Method, MethodKind, Refused
from .records import Body, ClassPlan, Submodule


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
        for node in lifted.nodes:
            self.body.replace[node] = f"{self._class(submodule, node)}.__call__"
        for lift in lifted.every:
            self.body.replace[lift.function] = f"nnx.{lift.name}"

    def _class(self, submodule: Submodule, node: ast.expr) -> str:
        layer = submodule.construction.layer
        return ast.unparse(node) if layer is None else layer.spelled

    def _of_setup(self, submodule: Submodule, lifted: Lifted) -> None:
        """Setup's locals are out of reach of other methods: the transform is spelled where it is called."""
        function = f"{self._class(submodule, lifted.nodes[0])}.__call__"
        for lift in reversed(lifted.lifts):
            function = f"nnx.{lift.name}({', '.join([function, *self._options(lift)])})"
        for use in self.plan.flow.found[submodule.construction.call].uses:
            if use.call in self.method.parents:
                self.body.first[use.call] = ast.unparse(use.call.func)
                self.body.replace[use.call.func] = function

    def _options(self, lift: Lift) -> list[str]:
        setup = self.plan.cls.methods["setup"]
        own = {n.id for n in ast.walk(setup.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        for node in lift.given.values():
            if any(isinstance(n, ast.Name) and n.id in own | {setup.this} for n in ast.walk(node)):
                raise Refused("MN102", node, f"an argument of nn.{lift.name} is known in setup alone")
        return [f"{name}={ast.unparse(node)}" for name, node in lift.given.items()]
