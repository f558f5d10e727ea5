"""Edits to a method that built submodules: it calls attributes, and its loops run over lists of them."""

import ast
from collections.abc import Sequence, Set
from functools import cached_property
from itertools import pairwise

from ..bindings import loads, stored
from ..model import Method, Refused
from ..run_through import zipped
from ..trees import walk
from .chosen_modes import chosen_mode
from .handed_on import is_handed_on
from .layer_rules import call_names
from .leftovers import Leftovers
from .local_modules import is_bound_again
from .loop_names import counted
from .records import Body, ClassPlan, Form, Submodule
from .spelled_names import spelling


class Modules:
    """The submodules that `method` makes, in the order in which it does."""

    def __init__(self, plan: ClassPlan, method: Method, body: Body, order: Sequence[ast.stmt]):
        self.plan, self.method, self.body, self.order = plan, method, body, order
        mine = (s for s in plan.submodules if s.construction.method is method)
        self.mine = list({s.construction.call: s for s in mine}.values())  # one of several classes is one
        self.places: dict[Submodule, list[ast.expr]] = {}

    def uses(self) -> None:
        """Replaces each construction, or what it is bound to, by the attribute."""
        for submodule in (s for s in self.mine if s.form is not Form.ITEM):
            self.places[submodule] = self._places(submodule)
            code = f"{self.method.this}.{submodule.attribute}"
            if submodule.form is Form.SETATTR:
                name = self.plan.cls.source.segment(spelling(submodule.construction))
                code = f"getattr({self.method.this}, {name})"
            self.body.replace.update(dict.fromkeys(self.places[submodule], code))
        for submodule in (s for s in self.plan.submodules if s.form is not Form.ITEM):
            self._calls(submodule)

    def _places(self, submodule: Submodule) -> list[ast.expr]:
        call = submodule.construction.call
        above = self.method.parents[call]
        target = above.targets[0] if isinstance(above, ast.Assign) else getattr(above, "target", None)
        if not isinstance(above, ast.Assign | ast.AnnAssign) or submodule.iterated:
            return [call]
        if is_bound_again(self.plan.cls, submodule.construction):
            return [call]
        self.body.remove.add(above)
        return list(loads(self.method.node.body, target.id)) if isinstance(target, ast.Name) else []

    def _calls(self, submodule: Submodule) -> None:
        """Arguments that Linen's constructor took go to the call; some have to be named there."""
        found = self.plan.flow.found[submodule.construction.call]
        layer = submodule.construction.layer
        for use in found.uses:
            if use.call not in self.method.parents:
                continue
            if submodule.at_call[use.call]:
                self.body.keywords[use.call] = self._given(submodule, use.call)
            if layer is not None and any(names := call_names(layer, use.call)):
                self.body.named[use.call] = names

    def _given(self, submodule: Submodule, call: ast.Call) -> list[tuple[str, ast.expr | str]]:
        """The arguments that a call gets; where it is of one of several layers, and for that one, behind `**`."""
        made = submodule.construction.call
        same = [s for s in self.plan.submodules if s.construction.call is made]
        each = [s for s in same if s.construction.choice]
        if is_handed_on(self.plan, same, call):
            self.body.rest = self._rest_name
            return [("**", self._rest_name)]
        mode = chosen_mode(self.plan, each, call) if each else None
        if mode is None:
            return list(submodule.at_call[call])
        row = mode.row(self._mode_name, self.plan, self.method)
        self.body.hoist += [row] if row not in self.body.hoist else []
        self.body.reads |= mode.reads(self.method)
        return [("**", self._mode_name)]

    @cached_property
    def _mode_name(self) -> str:
        handed = {self._rest_name} if self.plan.handed_on.get(self.method.node.name) else set()
        taken = names_in(self.plan, self.method) | handed
        return next((name for name in ("mode", "modes") if name not in taken), self._free("norm_mode"))

    @cached_property
    def _rest_name(self) -> str:
        taken = names_in(self.plan, self.method)
        return next((name for name in ("mode", "modes") if name not in taken), self._free("norm_mode"))

    def loops(self, left: Leftovers) -> None:
        """Has each loop that made submodules run over their lists."""
        loops: dict[ast.For, list[Submodule]] = {}
        for submodule in self.mine:
            if submodule.form is Form.APPEND and isinstance(submodule.loop, ast.For):
                loops.setdefault(submodule.loop, []).append(submodule)
        for loop, lists in loops.items():
            iterated = [s for s in lists if s.iterated]
            paired = [s for s in lists if not s.iterated]
            if len(iterated) == 1 and not paired and self._flattened(loop, iterated[0], left):
                continue
            for submodule in iterated:
                self._by_itself(submodule)
            if paired:
                self._loop(loop, paired, left)

    def comprehensions(self, left: Leftovers) -> None:
        """Has each comprehension that made submodules run over their lists."""
        groups: dict[ast.ListComp, list[Submodule]] = {}
        for submodule in self.mine:
            if submodule.form is Form.LIST and isinstance(submodule.loop, ast.ListComp):
                groups.setdefault(submodule.loop, []).append(submodule)
        for listed, lists in groups.items():
            (generator,) = listed.generators
            names = {self._free(s.attribute): s for s in lists}
            for name, submodule in names.items():
                self.body.replace.update(dict.fromkeys(self.places[submodule], name))
            through = {name: f"{self.method.this}.{s.attribute}" for name, s in names.items()}
            read = frozenset(n.id for n in left.live(listed.elt) if isinstance(n, ast.Name))
            if read & stored(generator.target):
                self.body.paired[generator.target] = (through, read)
                self.body.replace |= dict.fromkeys(_unread(generator.target, generator.iter, read), "()")
                continue
            each = ", ".join(through.values())
            self.body.replace[generator.target] = ", ".join(names)
            self.body.replace[generator.iter] = f"zip({each})" if len(through) > 1 else each

    def _by_itself(self, submodule: Submodule) -> None:
        """Where not every round makes one, `next` hands them out in the order in which they were made."""
        name = self._free(f"{submodule.attribute}s")
        loops = [
            a for a in self.method.above(submodule.construction.call) if isinstance(a, ast.For | ast.While)
        ]
        rows = (
            self.body.iterators.setdefault(loops[-1], [])
            if isinstance(loops[-1], ast.For)
            else self.body.hoist
        )
        rows.append(f"{name} = iter({self.method.this}.{submodule.attribute})")
        self.body.replace.update(dict.fromkeys(self.places[submodule], f"next({name})"))

    def _flattened(self, loop: ast.For, submodule: Submodule, left: Leftovers) -> bool:
        """Loops of which nothing is left but the innermost body become one loop over the list."""
        method, call = self.method, submodule.construction.call
        loops = [a for a in method.above(call) if isinstance(a, ast.For)]
        chain = method.above(call)
        if any(isinstance(a, ast.If | ast.IfExp) for a in chain[: chain.index(loop)]):
            return False
        for inner, outer in pairwise(loops):
            if any(s is not inner and s not in self.body.remove for s in outer.body):
                return False
        live = self._live(loops[0], left)
        if live & {name for each in loops for name in stored(each.target)}:
            return False
        name = self._free(submodule.attribute)
        self.body.replace[loop.target] = name
        self.body.replace[loop.iter] = f"{method.this}.{submodule.attribute}"
        self.body.replace.update(dict.fromkeys(self.places[submodule], name))
        self.body.unwrapped |= set(loops[:-1])
        return True

    def _loop(self, loop: ast.For, lists: list[Submodule], left: Leftovers) -> None:
        counter, first = counted(loop) or ("", 0)
        if any(counter in stored(s) for s in loop.body):
            raise Refused(
                "MN201", loop, f"`{counter}`, which counts the rounds of the loop, is bound again in it"
            )
        live = self._live(loop, left)
        others = stored(loop.target) - {counter}
        always = not any(_is_conditional(s, loop) for s in lists)
        if always and not live & others:
            self._over_lists(loop, lists, counter if counter in live else "", first)
        elif always and zipped(loop.target, loop.iter):
            self._joined(loop, lists, frozenset(live))
        elif counter:
            self._indexed(lists, f"{counter} - {first}" if first else counter)
        else:
            counter = self._free("i")
            self.body.counted[loop] = counter
            self._indexed(lists, counter)

    def _joined(self, loop: ast.For, lists: list[Submodule], live: frozenset[str]) -> None:
        """The lists take the place of what a `zip` runs through and nothing reads any more."""
        names = {self._free(s.attribute): s for s in lists}
        through = {name: f"{self.method.this}.{s.attribute}" for name, s in names.items()}
        self.body.paired[loop.target] = (through, live)
        self.body.replace |= dict.fromkeys(_unread(loop.target, loop.iter, live), "()")
        for name, submodule in names.items():
            self.body.replace.update(dict.fromkeys(self.places[submodule], name))

    def _live(self, loop: ast.For, left: Leftovers) -> set[str]:
        """Names that are still read in the loop or behind it."""
        nodes = [n for s in loop.body for n in left.live(s)]
        behind = self.order[self.order.index(loop) + 1 :]
        nodes += [n for s in behind if loop not in self.method.above(s) for n in left.live(s)]
        read = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        return read | left.moved_names(loop)

    def _over_lists(self, loop: ast.For, lists: list[Submodule], counter: str, first: int) -> None:
        names = [self._free(s.attribute) for s in lists]
        through = [f"{self.method.this}.{s.attribute}" for s in lists]
        target, iterated = names[0], through[0]
        if len(lists) > 1:
            target, iterated = ", ".join(names), f"zip({', '.join(through)})"
        if counter:
            target = f"{counter}, ({target})" if len(lists) > 1 else f"{counter}, {target}"
            iterated = f"enumerate({iterated}, {first})" if first else f"enumerate({iterated})"
        self.body.replace[loop.target], self.body.replace[loop.iter] = target, iterated
        for name, submodule in zip(names, lists, strict=True):
            self.body.replace.update(dict.fromkeys(self.places[submodule], name))

    def _indexed(self, lists: list[Submodule], counter: str) -> None:
        for submodule in lists:
            code = f"{self.method.this}.{submodule.attribute}[{counter}]"
            self.body.replace.update(dict.fromkeys(self.places[submodule], code))

    def _free(self, name: str) -> str:
        used = names_in(self.plan, self.method)
        while name in used:
            name += "_layer" if name != "i" else "_"
        return name


def _unread(target: ast.expr, through: ast.expr, read: Set[str]) -> list[ast.expr]:
    """What a comprehension runs through besides, and does not any more where it runs through modules.

    A `zip` with options stays whole: it says something of the lengths of all that it is given.
    """
    match target, through:
        case ast.Tuple(elts=[_, element]), ast.Call(func=ast.Name(id="enumerate"), args=[inner, *_]):
            return _unread(element, inner, read)
    if parts := zipped(target, through):
        return [part for name, part in parts if not stored(name) & read]
    return [] if stored(target) & read else [through]


def names_in(plan: ClassPlan, method: Method) -> set[str]:
    """Returns every name that a new local of a method might hide."""
    used = {n.id for n in walk(method.node) if isinstance(n, ast.Name)}
    return used | {*method.parameters, *plan.cls.names.aliases}


def _is_conditional(submodule: Submodule, loop: ast.For) -> bool:
    method = submodule.construction.method
    above = method.above(submodule.construction.call)
    return any(isinstance(a, ast.If | ast.IfExp) for a in above[: above.index(loop)])
