"""An attribute of setup that holds the one or the other submodule: the same calls have to fit each of them."""

import ast
from collections.abc import Collection, Iterator, Sequence
from itertools import combinations

from ..appended import appended
from ..bindings import bound_to, stores_in
from ..branches import exclude, never_reached, opposed
from ..constructions import Construction
from ..filled_fields import filled_by
from ..getters import gives
from ..model import LinenClass, Method, MethodKind, Refused
from ..own_functions import is_function
from .layer_rules import call_names
from .mapping_rules import rules_below
from .records import ClassPlan, Form, Submodule


def stores_of(cls: LinenClass, name: str) -> list[tuple[Method, ast.Attribute]]:
    """Returns every assignment to `self.name`, with the method that makes it."""
    return [(m, n) for m in cls.methods.values() for n in stores_in(m, name)]


def is_chosen(cls: LinenClass, construction: Construction, name: str, made: Collection[ast.AST]) -> bool:
    """Tells whether `self.name` is assigned once, or on every side of a condition: modules, or functions."""
    stores, setup = stores_of(cls, name), construction.method
    if any(m is not setup for m, _ in stores) or len(stores) < 2:
        return len(stores) == 1 and stores[0][0] is setup
    values = [side for _, n in stores for side in _sides(getattr(setup.parents[n], "value", None))]
    apart = all(exclude(setup, one, two) for (_, one), (_, two) in combinations(stores, 2))
    return apart and all(side in made or _is_function(side, setup, cls) for side in values)


def _is_function(value: ast.AST | None, setup: Method, cls: LinenClass) -> bool:
    return isinstance(value, ast.Name) and is_function(value.id, setup, cls)


def functions_instead(cls: LinenClass, construction: Construction) -> list[ast.stmt]:
    """Returns what gives a function to the attribute of a module, on the other side of a condition."""
    setup, target = construction.method, bound_to(construction.call, construction.method.parents)
    if setup.kind is not MethodKind.SETUP or not isinstance(target, ast.Attribute):
        return []
    makers = [setup.parents[n] for n in stores_in(setup, target.attr)]
    return [s for s in makers if isinstance(s, ast.Assign) and _is_function(s.value, setup, cls)]


def _sides(value: ast.expr | None) -> tuple[ast.expr | None, ...]:
    """`A() if self.applies else B()` is either of two modules."""
    return (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,)


def instead(one: Construction, two: Construction) -> bool:
    """Tells whether at most one of two submodules is made."""
    method = one.method
    if one.call is two.call:
        return True
    return method is two.method and (exclude(method, one.call, two.call) or _halves(method, one, two))


def _halves(method: Method, one: Construction, two: Construction) -> bool:
    """`self.shortcut = A() if self.applies else B()`: one assignment, which the constructor keeps as it is."""
    above = method.parents[one.call]
    same = isinstance(above, ast.IfExp) and above is method.parents[two.call]
    return same and isinstance(bound_to(one.call, method.parents), ast.Attribute)


def check_alternatives(plan: ClassPlan) -> None:
    """Raises Refused where a call, or a checkpoint, would have to know which of them is there."""
    for each in plan.submodules:
        construction = each.construction
        if isinstance(construction.method.parents[construction.call], ast.IfExp) and _is_lifted(each):
            raise Refused("MN101", construction.call, "a module under a transform is one half of a choice")
        if gives(plan.cls, each.attribute):
            _check_got(plan, each)
        _check_function(plan, each)
        _check_filled(plan, each)
    for group in _groups(plan.submodules):
        for one, two in combinations(group, 2):
            if one.construction.call is not two.construction.call:
                _check(plan, one, two)
        for each in group:
            _check_reached(plan, each)


def _check_got(plan: ClassPlan, each: Submodule) -> None:
    """A call of what a property gives stays as it is, whichever module that is."""
    uses = plan.flow.found[each.construction.call].uses
    changed = next((use.call for use in uses if any(given(each, use.call))), None)
    if changed is not None or _is_lifted(each):
        reason = f"a property gives `self.{each.attribute}`, which is called in another way in NNX"
        raise Refused("MN101", changed or each.construction.call, reason)


def _check_function(plan: ClassPlan, each: Submodule) -> None:
    """A call stays as it is where it may be one of a function."""
    uses = plan.flow.found[each.construction.call].uses
    changed = next((use.call for use in uses if any(given(each, use.call))), None)
    if functions_instead(plan.cls, each.construction) and (changed is not None or _is_lifted(each)):
        reason = f"`self.{each.attribute}`, which may be a function, is called in another way in NNX"
        raise Refused("MN101", changed or each.construction.call, reason)


def _check_filled(plan: ClassPlan, each: Submodule) -> None:
    """A call stays as it is where it may be one of a module that the field is given."""
    if filled_by(plan.cls, each.construction.call) is None:
        return
    uses = plan.flow.found[each.construction.call].uses
    changed = next((use.call for use in uses if any(given(each, use.call))), None)
    if changed is not None or _is_lifted(each):
        reason = f"the default of the field `{each.attribute}` is called in another way in NNX"
        raise Refused("MN101", changed or each.construction.call, reason)


_APART = (Form.ITEM, Form.ELEMENT, Form.ADDED)


def _groups(submodules: Sequence[Submodule]) -> Iterator[list[Submodule]]:
    """The submodules of setup by the attribute that they share."""
    groups: dict[str, list[Submodule]] = {}
    for each in submodules:
        made = each.construction
        mixed = any(len(a.each) > 1 for a in appended(made.method, [made.call]))
        if made.method.kind is MethodKind.SETUP and each.form not in _APART and not mixed:
            groups.setdefault(each.attribute, []).append(each)
    yield from (group for group in groups.values() if len(group) > 1)


def _check(plan: ClassPlan, one: Submodule, two: Submodule) -> None:
    call = two.construction.call
    if one.form is not Form.BIND or two.form is not Form.BIND or _is_lifted(one) or _is_lifted(two):
        reason = f"`self.{two.attribute}` is a list, or runs under a transform, in one of several branches"
        raise Refused("MN101", call, reason)
    calls = [{use.call for use in plan.flow.found[each.construction.call].uses} for each in (one, two)]
    pairs = ((calls[0] - calls[1], two), (calls[1] - calls[0], one))
    odd = next((c for alone, other in pairs for c in alone if not _is_left_out(plan, other, c)), None)
    if odd is not None:
        raise Refused("MN101", odd, f"a call of `self.{two.attribute}` is followed for one branch alone")
    wrong = next((c for c in calls[0] if given(one, c) != given(two, c)), None)
    if wrong is not None:
        reason = f"this call takes other arguments in NNX for `{one.construction.kind}`"
        raise Refused("MN101", wrong, f"{reason} than for `{two.construction.kind}`")
    if not names_alike(one, two):
        reason = (
            f"the variables of `{one.construction.kind}` and `{two.construction.kind}` have the same names"
        )
        raise Refused("MN204", call, f"{reason} in Linen, and others in NNX")


def _is_left_out(plan: ClassPlan, submodule: Submodule, call: ast.Call) -> bool:
    """Tells whether a call is one of the other module, as the configuration that makes this one does not come to it."""
    made = submodule.construction
    return never_reached(made.method, made.call, _method_of(plan, call), call)


def _method_of(plan: ClassPlan, call: ast.Call) -> Method:
    methods = (m for p in (plan, *plan.bases) for m in p.cls.methods.values())
    return next(m for m in methods if call in m.parents)


def _check_reached(plan: ClassPlan, submodule: Submodule) -> None:
    """Raises Refused where a call is made of the other module alone: its sizes are not those of this one."""
    made = submodule.construction
    for use in plan.flow.found[made.call].uses:
        method = _method_of(plan, use.call)
        if opposed(made.method, made.call, method, use.call):
            reason = (
                f"`self.{submodule.attribute}` is never the `{made.kind}` of line {made.call.lineno} here"
            )
            raise Refused("MN101", use.call, reason)


def _is_lifted(submodule: Submodule) -> bool:
    return submodule.construction.lifted is not None or submodule.iteration is not None


def given(submodule: Submodule, call: ast.Call) -> tuple[object, ...]:
    """What a call gets besides its own arguments, and which of these are named in NNX."""
    more = [(n, v if isinstance(v, str) else ast.unparse(v)) for n, v in submodule.at_call.get(call, ())]
    layer = submodule.construction.layer
    given = [*call.args, *call.keywords]
    return (*more, *(call_names(layer, call) if layer is not None else [""] * len(given)))


def names_alike(one: Submodule, two: Submodule) -> bool:
    """A name in a Linen checkpoint stands for one place and kind of variable, whichever of them there is."""
    rules = {(r.collection, r.linen, r.nnx, r.variable_type) for s in (one, two) for r in rules_below(s)}
    places = {(collection, linen) for collection, linen, *_ in rules}
    return len(places) == len(rules) and counted_alike(one, two)


def counted_alike(one: Submodule, two: Submodule) -> bool:
    """Tells whether what Linen counts below a place is the same, whichever of them there is."""
    return one.child is two.child or not all(counts(s) for s in (one, two))


def counts(submodule: Submodule) -> bool:
    """Tells whether Linen counts something below it to find a name."""
    child = submodule.child
    if child is None:
        return False
    return any(s.automatic or counts(s) for above in (child, *child.bases) for s in above.submodules)
