"""Lists of submodules that setup makes and a method runs through, the size of each that of the one before it."""

import ast
from collections.abc import Sequence

from ..bindings import defines, loads, statements, stored
from ..branches import way_to
from ..copied import copies
from ..flow.computed import stores_of
from ..flow.found import Phi
from ..flow.terms import Kind, Maker, Term
from ..kinds import is_told_by_kind
from ..model import LinenClass, Method, MethodKind, Refused
from ..requests import by_default
from ..trees import walk
from .last_apart import all_but_last, last_call
from .numbered import starts_with_first, takes_in_order
from .read_above import running_above
from .records import ClassPlan, Form, Submodule
from .same_round import check_same_round

_APART = ast.If | ast.IfExp | ast.For | ast.While | ast.Try | ast.ListComp | ast.Lambda | ast.FunctionDef


def place_setup_sizes(plan: ClassPlan) -> None:
    """Fills `plan.list_loops`. Raises Refused where what setup makes needs a size that only a method knows."""
    mine = [s for s in plan.submodules if s.construction.method.kind is MethodKind.SETUP]
    for submodule in mine:
        for term in (t for size in submodule.sizes for t in size.walk()):
            if term.kind is Kind.PHI:
                _place(plan, plan.flow.phis[term.value], submodule, mine)
            elif term.kind is Kind.LOCAL and not _is_known(plan, term, submodule):
                raise _unknown(submodule, f"depends on `{term.value.name}`, a local of another place")
            elif term.kind is Kind.COMPUTED and not _is_set_before(plan, term, submodule):
                raise _unknown(submodule, f"depends on `self.{term.value}`, which is computed later")
    check_same_round(plan, mine, [*plan.cls.methods.values(), *(m for _, m in running_above(plan))])
    for submodule in (s for s in plan.submodules if s not in mine):
        _check_behind(plan, submodule)


def _check_behind(plan: ClassPlan, submodule: Submodule) -> None:
    """What a compact method makes comes behind the lists of setup, where a size is what their last element leaves."""
    around = submodule.construction.method.above(submodule.construction.call)
    for term in (t for size in submodule.sizes for t in size.walk() if t.kind is Kind.PHI):
        loop = plan.flow.phis[term.value].loop
        if loop in plan.list_loops and loop in around:
            raise _unknown(
                submodule, f"changes from one element of `self.{plan.list_loops[loop].attribute}` to the next"
            )


def _unknown(submodule: Submodule, reason: str) -> Refused:
    return Refused(
        "MN108", submodule.construction.call, f"a size of `{submodule.construction.kind}` {reason}"
    )


def _place(plan: ClassPlan, phi: Phi, user: Submodule, mine: Sequence[Submodule]) -> None:
    """The list whose loop changes the size has to be made before whatever else needs it."""
    if phi.loop in user.construction.method.parents or phi.loop in plan.flow.comprehended:
        _place_behind(plan, phi, user, mine)
        return
    lists = (s for s in mine if s.form in (Form.LIST, Form.APPEND))
    through = [s for s in lists if any(rule(plan, phi, s) for rule in _ALONG)]
    made = through[0] if through else None
    beside = [s for s in through if made is not None and s.attribute == made.attribute]
    if made is None or not all(_each_once(plan, s, phi) for s in beside):
        raise _unknown(user, "changes in a loop of another method")
    if _is_zipped(phi.loop) and user.form is not Form.BIND and user.loop is not made.loop:
        raise _unknown(
            user, f"changes from one element of `self.{made.attribute}` to the next, made in another loop"
        )
    call = made.construction.call
    inside = any(user.construction.call in walk(s.construction.call) for s in beside)
    if not inside and user.construction.call.lineno <= call.lineno:
        raise _unknown(user, f"is that of `self.{made.attribute}`, which is made later")
    if (where := _other_round(plan, phi, user, made)) is not None:
        raise _unknown(
            user, f"is told {where} the loop over `self.{made.attribute}`, and it is made elsewhere"
        )
    parts = [t for size in (phi.entry, phi.back) if size is not None for t in size.walk()]
    if any(t.kind is Kind.COMPUTED and not _is_set_before(plan, t, made) for t in parts):
        raise _unknown(user, "depends on an attribute that is computed later")
    if any(
        t.kind is Kind.LOCAL and (not _is_known(plan, t, made) or _is_theirs(plan, t, phi.loop))
        for t in parts
    ):
        raise _unknown(user, "depends on a local of another place")
    if any(one is made and loop is not phi.loop for loop, one in plan.list_loops.items()):
        raise _unknown(user, f"is told by another loop over `self.{made.attribute}` than its own sizes are")
    plan.list_loops[phi.loop] = made


def _place_behind(plan: ClassPlan, phi: Phi, user: Submodule, mine: Sequence[Submodule]) -> None:
    """A size that a loop of setup changes is known in that loop, and behind it."""
    if user.construction.call.lineno < phi.loop.lineno:
        raise _unknown(user, f"is what the loop in line {phi.loop.lineno} leaves, and it is made before that")
    for term in (t for size in (phi.entry, phi.back) if size is not None for t in size.walk()):
        if term.kind is Kind.PHI and plan.flow.phis[term.value] is not phi:
            _place(plan, plan.flow.phis[term.value], user, mine)
        elif term.kind is Kind.COMPUTED and not _is_set_before(plan, term, user):
            raise _unknown(user, f"depends on `self.{term.value}`, which is computed later")
        elif term.kind is Kind.LOCAL and not (
            _is_bound_in(plan, term, phi.loop) or _is_known(plan, term, user)
        ):
            raise _unknown(user, "depends on a local of another place")


def _other_round(plan: ClassPlan, phi: Phi, user: Submodule, made: Submodule) -> str | None:
    """Says where a submodule is called: behind a loop though setup makes it in that of the list, or the other way.

    What such a loop changes is in it what a round starts from, and behind it what the last one has left.
    """
    if user.attribute == made.attribute:
        return None
    _, method = _around(plan, phi.loop)
    uses = [call for call in _calls(plan, user) if call in method.parents]
    inside = [phi.loop in method.above(call) for call in uses]
    if user.loop is not None and user.loop is made.loop:
        return None if all(inside) else "behind"
    return "in" if any(inside) else None


def _around(plan: ClassPlan, loop: ast.For) -> tuple[LinenClass, Method]:
    """Returns the method that a loop stands in, which may be one of a base, and its class."""
    every = [*((plan.cls, m) for m in plan.cls.methods.values())]
    every += [(above.cls, m) for above, m in running_above(plan)]
    return next((cls, method) for cls, method in every if loop in method.parents)


def _calls(plan: ClassPlan, submodule: Submodule) -> list[ast.Call]:
    """The calls of a submodule, each once: a method that others call is run where they do, and by itself."""
    found = plan.flow.found[submodule.construction.call]
    return [*dict.fromkeys(use.call for use in (*found.uses, *found.elsewhere))]


def _is_theirs(plan: ClassPlan, term: Term, loop: ast.For) -> bool:
    """Tells whether a base, in another file, has such a local at the very place where setup has one."""
    _, method = _around(plan, loop)
    return any(
        isinstance(n, ast.Name) and Maker(n.id, n.lineno, n.col_offset) == term.value
        for n in ast.walk(method.node)
    )


def _iterated(loop: ast.For) -> ast.expr:
    match loop.iter:
        case ast.Call(func=ast.Name(id="enumerate"), args=[inner, *_]):
            return inner
    return loop.iter


def _runs_through(plan: ClassPlan, phi: Phi, made: Submodule) -> bool:  # noqa: ARG001 - one of several rules
    """`for layer in self.layers` or `for i, layer in enumerate(self.layers)`, also without the last one."""
    loop = phi.loop
    iterated = all_but_last(_iterated(loop)) or _iterated(loop)
    return isinstance(iterated, ast.Attribute) and iterated.attr == made.attribute and not loop.orelse


def _goes_along(plan: ClassPlan, phi: Phi, made: Submodule) -> bool:
    """`for layer, norm in zip(self.layers, self.norms)`, of lists that a loop of setup makes equally long."""
    loop = phi.loop
    if not _is_zipped(loop) or loop not in plan.flow.counts or loop.orelse or made.form is not Form.APPEND:
        return False
    assert isinstance(loop.iter, ast.Call)
    return any(isinstance(a, ast.Attribute) and a.attr == made.attribute for a in loop.iter.args)


def _numbers(plan: ClassPlan, phi: Phi, made: Submodule) -> bool:
    """`for i in range(self.depth): x = self.layers[i](x)`."""
    cls, method = _around(plan, phi.loop)
    calls = _calls(plan, made)
    alone = made.form is Form.LIST or [s.attribute for s in plan.submodules].count(made.attribute) == 1
    if len(calls) != 1 or not alone:
        return False
    setup, call = made.construction.method, made.construction.call
    return takes_in_order(method, phi.loop, calls[0], setup, call) or starts_with_first(
        method, phi.loop, calls[0], cls.names, phi.back
    )


_ALONG = (_runs_through, _goes_along, _numbers)
"""How a loop may come to the elements of a list that setup makes."""


def _is_zipped(loop: ast.For) -> bool:
    return (
        isinstance(loop.iter, ast.Call)
        and isinstance(loop.iter.func, ast.Name)
        and loop.iter.func.id == "zip"
    )


def _each_once(plan: ClassPlan, made: Submodule, phi: Phi) -> bool:
    """Every round calls its element once, whatever else happens in it; none is left out of a call by default."""
    cls, method = _around(plan, phi.loop)
    uses = [call for call in _calls(plan, made) if call in method.parents]
    if all_but_last(_iterated(phi.loop)) is not None:
        last = last_call(method, phi.loop, made.attribute)
        uses = [use for use in uses if use is not last]
    if len(uses) != 1 or phi.loop not in method.above(uses[0]) or made.iteration:
        return False
    above = method.above(uses[0])
    jumps = any(isinstance(n, ast.Break | ast.Continue | ast.Return) for n in ast.walk(phi.loop))
    told = [a for a in above if is_told_by_kind(a, uses[0], cls)]
    between = [a for a in above[: above.index(phi.loop)] if a not in told]
    apart = any(isinstance(a, _APART) for a in between if not isinstance(a, ast.If))
    way = way_to(method, uses[0], [*method.above(phi.loop), *told])
    skipped = not all(by_default(method, *step) for step in way)
    return not jumps and not apart and not skipped and not _in_loop(phi.loop, method) and _is_plain(made)


def _in_loop(loop: ast.For, method: Method) -> bool:
    return any(isinstance(a, ast.For | ast.While) for a in method.above(loop))


def _is_plain(made: Submodule) -> bool:
    """The targets of a comprehension become locals of the constructor: nothing else may be called so."""
    method = made.construction.method
    listed = method.parents[made.construction.call]
    if made.form is Form.APPEND:
        return True
    if not isinstance(listed, ast.ListComp) or len(listed.generators) != 1 or listed.generators[0].ifs:
        return False
    names = stored(listed.generators[0].target)
    bound = {name for s in statements(method.node.body) for name in defines(s)}
    return not names & bound and not any(any(loads(method.node.body, name)) for name in names)


def _is_set_before(plan: ClassPlan, term: Term, submodule: Submodule) -> bool:
    """Tells whether setup has computed an attribute by the statement of its top that makes a submodule."""
    setup = submodule.construction.method
    if setup.kind is not MethodKind.SETUP or plan.computed.get(term.value) != f"self.{term.value}":
        return True  # what a method of its own computes is there at once
    place = _on_top(setup, submodule.construction.call)
    return all(_on_top(method, node) < place for method, node in stores_of(plan.cls, term.value))


def _on_top(method: Method, node: ast.AST) -> int:
    """The number of the statement of the method's body that `node` stands in."""
    around = [node, *method.above(node)]
    return next(k for k, statement in enumerate(method.node.body) if statement in around)


def _is_known(plan: ClassPlan, term: Term, submodule: Submodule) -> bool:
    """Tells whether a local is bound where a submodule is made: by the loop around it, or by setup before."""
    bound = _is_copy(plan, term, submodule) or _is_bound_before(term, submodule)
    return _is_target(term, submodule) or bound


def _is_copy(plan: ClassPlan, term: Term, submodule: Submodule) -> bool:
    """Tells whether a local is a copy that setup makes, and changes, at its top before it makes the submodule."""
    method = submodule.construction.method
    found = next((one for one in copies(method, plan.cls.names) if one.name == term.value.name), None)
    if found is None or method.parents[found.made] is not method.node:
        return False
    bound = [s for s in statements(method.node.body) if found.name in defines(s)]
    return bound == [found.made] and found.last.lineno < submodule.construction.call.lineno


def _is_bound_before(term: Term, submodule: Submodule) -> bool:
    """Tells whether setup binds a local once, at its top before it makes the submodule, and then only reads it."""
    method, call = submodule.construction.method, submodule.construction.call
    named = [n for n in ast.walk(method.node) if isinstance(n, ast.Name) and n.id == term.value.name]
    bound = [n for n in named if not isinstance(n.ctx, ast.Load)]
    made = method.statement(bound[0]) if len(bound) == 1 else None
    on_top = (
        isinstance(made, ast.Assign)
        and any(bound[0] in walk(target) for target in made.targets)
        and method.parents[made] is method.node
        and made.lineno < call.lineno
    )
    return on_top and not any(_is_changed(method, n) for n in named)


def _is_changed(method: Method, name: ast.Name) -> bool:
    """Tells whether `name.x = ...`, `name[0] = ...` or `name.append(...)` stands there."""
    above = method.parents[name]
    if not isinstance(above, ast.Attribute | ast.Subscript) or above.value is not name:
        return False
    called = method.parents[above]
    return not isinstance(above.ctx, ast.Load) or (isinstance(called, ast.Call) and called.func is above)


def _is_bound_in(plan: ClassPlan, term: Term, loop: ast.For) -> bool:
    """Tells whether a local is what a loop of setup, or one around it, runs through."""
    setup, place = plan.cls.methods["setup"], plan.flow.place(loop)
    loops = [loop, *(a for a in setup.above(place) if isinstance(a, ast.For))]
    return _is_one_of(term, [each.target for each in loops])


def _is_target(term: Term, submodule: Submodule) -> bool:
    """Tells whether a local is what the loop or comprehension around the submodule runs through."""
    above = submodule.construction.method.above(submodule.construction.call)
    loops: list[ast.For | ast.comprehension] = [a for a in above if isinstance(a, ast.For)]
    loops += [g for a in above if isinstance(a, ast.ListComp) for g in a.generators]
    return _is_one_of(term, [loop.target for loop in loops])


def _is_one_of(term: Term, targets: Sequence[ast.expr]) -> bool:
    places = {(n.lineno, n.col_offset) for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    return (term.value.line, term.value.column) in places
