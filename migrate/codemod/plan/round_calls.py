"""Calls behind `nn.vmap` and `nn.scan`: a function that takes the module runs behind nnx.vmap or nnx.scan."""

import ast
from collections.abc import Collection, Sequence

from ..bindings import loads
from ..cells import CELLS
from ..flow.values import Use
from ..iterations import Iteration
from ..lifts import Lifted
from ..model import Method, Refused
from ..trees import walk
from .callees import call_of, parameters
from .iteration_rules import draws, hands_on
from .lifted_calls import spell_functions
from .naming import snake
from .records import Body, ClassPlan, Decorator, LocalFunction, Submodule
from .shared_draws import draws_apart, rounds_of

_NAMES = {"vmap": "call", "scan": "scan"}
_APART = "nnx.StateAxes({nnx.RngState: 0, ...: None})"
_UPDATING = ("graph=True", "graph_updates=True")
"""Tree mode takes no StateAxes."""


class RoundCalls:
    """Adds to `body` what runs the submodules that transforms run many times."""

    def __init__(self, plan: ClassPlan, method: Method, body: Body):
        self.plan, self.method, self.body = plan, method, body
        self.taken = {n.id for n in walk(method.node) if isinstance(n, ast.Name)} | {*method.parameters}

    def begin(self) -> None:
        """What made the class leaves the method, unless something else needs it too."""
        kept: set[ast.stmt] = set()
        gone: set[ast.stmt] = set()
        for submodule in self.plan.submodules:
            lifted = submodule.construction.lifted
            if lifted is not None and submodule.construction.method is self.method:
                (gone if submodule.iteration is not None else kept).update(lifted.statements)
                if submodule.iteration is not None and lifted.chosen is not None:
                    kept |= {s for s in lifted.statements if lifted.lifts[0].call not in walk(s)}
                    spell_functions(self.body, submodule, lifted.nodes, lifted.inner)
        self.body.remove |= gone - kept
        for submodule in self._mine():
            for use in self._uses(submodule):
                self._define(submodule, use)

    def finish(self) -> None:
        """Calls take the attributes from where the methods' other edits have put them."""
        for submodule in self._mine():
            for use in self._uses(submodule):
                function, arguments = self.body.recalled[use.call]
                module = self.body.replace.get(use.call.func) or ast.unparse(use.call.func)
                given = tuple(module if a == "" else a for a in arguments)
                self.body.recalled[use.call] = (function, given)

    def _mine(self) -> list[Submodule]:
        return [s for s in self.plan.submodules if s.iteration is not None]

    def _uses(self, submodule: Submodule) -> list[Use]:
        uses = self.plan.flow.found[submodule.construction.call].uses
        return [u for u in {u.call: u for u in uses}.values() if u.call in self.method.parents]

    def _define(self, submodule: Submodule, use: Use) -> None:
        assert submodule.iteration is not None
        statement = self.method.statement(use.call)
        if statement in self.body.before:
            raise Refused("MN102", use.call, "two modules behind transforms are called in one statement")
        made = _Call(self, submodule, submodule.iteration, use).made()
        self.body.before[statement] = made.function
        self.body.recalled[use.call] = (made.function.name, made.arguments)
        if made.function.carry:
            assert isinstance(statement, ast.Assign)
            self.body.replace[statement.targets[0]] = made.carried

    def free(self, name: str, attribute: str) -> str:
        """Returns a name for a function: the attribute is part of it where the plain one is taken."""
        if name in self.taken:
            name = attribute if attribute.startswith(f"{name}_") else f"{name}_{attribute}"
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name


class _Made:
    def __init__(self, function: LocalFunction, arguments: tuple[str | int, ...], carried: str):
        self.function, self.arguments, self.carried = function, arguments, carried


class _Call:
    """One call. An empty argument stands for the module."""

    def __init__(self, owner: RoundCalls, submodule: Submodule, iteration: Iteration, use: Use):
        self.owner, self.submodule, self.iteration = owner, submodule, iteration
        self.use, self.call = use, use.call
        self.lifted: Lifted = submodule.construction.lifted  # type: ignore[assignment]
        self.name = owner.free(_NAMES[iteration.lift.name], submodule.attribute)

    def made(self) -> _Made:
        return self._scan() if self.iteration.carries else self._vmap()

    def _vmap(self) -> _Made:
        together = hands_on(self.iteration, self.call)
        names = [together] if together else self._parameters(())
        module = self._module(names)
        apart = self._apart
        own = "0" if self._stacked else _APART if apart else "None"
        axes = [own, *(str(self.iteration.axis(i)) for i in range(len(names)))]
        axes += [""] if len(axes) == 1 else []
        options = (f"in_axes=({', '.join(axes).strip()})", f"out_axes={self.iteration.out}")
        decorators = self._decorators(
            (*options, *_UPDATING) if apart else options, not any(map(_is_axis, axes))
        )
        decorators = (*((self._split(),) if apart else ()), *decorators)
        passed = (f"*{together}",) if together else tuple(names)
        inner = LocalFunction(
            self.name, decorators, (module, *names), module, passed, called=self.lifted.chosen
        )
        return _Made(inner, ("", together) if together else ("", *range(len(names))), "")

    @property
    def _apart(self) -> bool:
        """Tells whether the rounds share all but the keys from which they draw."""
        child = self.submodule.child
        shares = not self._stacked and draws(self.submodule.construction, child)
        return shares and draws_apart(self.iteration, child)

    def _split(self) -> Decorator:
        rounds = rounds_of(self.iteration, self.use)
        return "nnx.split_rngs", (f"splits={rounds}" if isinstance(rounds, str) else ("splits", rounds),)

    @property
    def _stacked(self) -> bool:
        return self.iteration.stacked != frozenset() and not self.iteration.shared

    def _scan(self) -> _Made:
        places = range(1, len(self.call.args))
        mapped = [i for i in places if self._is_mapped(i)]
        whole = [self.call.args[i] for i in places if i not in mapped]
        names = self._parameters(whole)
        module = self._module(names, whole)
        axes = [
            "nnx.Carry",
            "0" if self._stacked else "None",
            *(str(self.iteration.axis(i - 1)) for i in mapped),
        ]
        target = "" if any(_is_underscore(n) for e in whole for n in walk(e)) else self._target()
        out = "nnx.Carry" if target else f"(nnx.Carry, {self.iteration.out})"
        options = (f"in_axes=({', '.join(axes)})", f"out_axes={out}")
        arguments = tuple(
            names[i] if i == 0 or i in mapped else self.call.args[i] for i in range(len(self.call.args))
        )
        shown = (names[0], module, *(names[i] for i in mapped))
        carry = names[0] if target else ""
        inner = LocalFunction(
            self.name, self._decorators(options), shown, module, arguments, carry, self.lifted.chosen
        )
        return _Made(inner, (0, "", *mapped), target)

    def _is_mapped(self, place: int) -> bool:
        """Literals are the same in every round; `None` has no axes to be taken apart."""
        node = self.call.args[place]
        if isinstance(node, ast.Constant) and node.value is None:
            return False
        if self.iteration.axis(place - 1) is not None:
            return True
        inside = ast.Call | ast.Lambda | ast.Await | ast.NamedExpr | ast.Yield
        if any(isinstance(n, inside) for n in walk(node)):
            raise Refused(
                "MN102", node, "a call computes what every round of nn.scan gets: give it a name first"
            )
        return False

    def _target(self) -> str:
        """The name of the carry, where an assignment takes it apart from something that nothing reads."""
        method = self.owner.method
        statement = method.statement(self.call)
        match statement:
            case ast.Assign(
                targets=[ast.Tuple(elts=[ast.Name(id=carry), ast.Name(id=rest)]) as target], value=value
            ):
                text = self.owner.plan.cls.source.segment(target)
                unread = rest != carry and not list(loads(method.node.body, rest)) and text[:1] != "("
                return carry if value is self.call and unread else ""
        return ""

    def _parameters(self, whole: Sequence[ast.expr]) -> list[str]:
        """The names of the arguments, as the module calls them, out of the way of what every round reads."""
        owner = call_of(self.submodule.child)
        count = len(self.call.args)
        names = [name for name, _ in parameters(owner)] if owner is not None else ["x"]
        if owner is None and self.submodule.construction.kind in CELLS:
            names = ["carry", "x"]
        names = [name.lstrip("_") or f"x{i}" for i, name in enumerate([*names, *"yzuvw"][:count])]
        read = self._read(whole)
        return [_other(name, {*read, *names[:i]}) for i, name in enumerate(names)]

    def _module(self, names: Collection[str], whole: Sequence[ast.expr] = ()) -> str:
        taken, name = {*names, *self._read(whole)}, snake(self.submodule.construction.kind)
        own = self.submodule.attribute
        return own if name in taken and own not in taken else _other(name, taken)

    def _read(self, whole: Sequence[ast.expr]) -> set[str]:
        """The locals of the method that the function reads."""
        read = {n.id for node in whole for n in walk(node) if isinstance(n, ast.Name)}
        return read | ({self.lifted.chosen.id} if self.lifted.chosen is not None else set())

    def _decorators(self, options: tuple[str, ...], counts: bool = False) -> tuple[Decorator, ...]:
        """The transforms, outermost first; a scan's function has no static arguments left: it reads them.

        A vmap `counts` its rounds where nothing that it is given has an axis of them.
        """
        scans, own = self.iteration.carries, self.iteration.lift.given
        passed = [(name, own[name]) for name in ("length", "reverse", "unroll") if self._passes(name)]
        passed += [("axis_size", own["axis_size"])] if counts and "axis_size" in own else []
        found: list[Decorator] = [(f"nnx.{self.iteration.lift.name}", (*options, *passed))]
        for lift in self.lifted.lifts[1:] if self.lifted.chosen is None else ():
            given = ((k, v) for k, v in lift.given.items() if not scans or k != "static_argnums")
            found.append((f"nnx.{lift.name}", tuple(given)))
        return tuple(found)

    def _passes(self, name: str) -> bool:
        given = self.iteration.carries and name in self.iteration.lift.given
        return given and (name != "length" or not self._stacked)


def _is_axis(axis: str) -> bool:
    return axis not in ("None", "")


def _is_underscore(node: ast.AST) -> bool:
    """The function binds the name `_` where it returns the carry alone."""
    return isinstance(node, ast.Name) and node.id == "_"


def _other(name: str, taken: Collection[str]) -> str:
    while name in taken:
        name += "_"
    return name
