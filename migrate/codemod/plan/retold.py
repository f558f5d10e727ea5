"""Sizes that the constructor of a base takes, where a class replaces the method that tells them.

`super().__call__(obs)` tells them, or a call of a submodule that `setup` of the base makes.
"""

from collections.abc import Mapping, Sequence

from ..flow.found import holds_anywhere
from ..flow.run import CONTRACTING
from ..flow.terms import PLACED, Kind, Term, substitute
from ..model import Refused
from ..sizes import Parameter
from .called_elsewhere import in_any_case
from .called_up import calling_up
from .layer_rules import moved_arguments
from .needs import spell
from .records import ClassPlan, Retold, Submodule

_LATER = PLACED | {Kind.HELD, Kind.GIVEN, Kind.ARGUMENT, Kind.ASKED}
"""What the constructor cannot spell before anything else."""


def read_retold(plan: ClassPlan, *, size_args: bool) -> Retold | None:
    """Returns the sizes for the base, if the class tells them. Raises Refused where they cannot be told.

    With `size_args`, what the base asks for because its source does not tell may be asked of others here too.
    """
    base = plan.base
    if base is None:
        return None
    _check_calls(plan)
    asked = base.every_parameter
    told = {p.name: size for p in asked if (size := _told(plan, p)) is not None}
    retold = None
    hooks = plan.replaces_hooks
    waits = hooks and not size_args and any(p.argument.template == "" for p in asked)
    if (
        waits
        or any(p.argument.method in plan.cls.methods for p in asked)
        or (hooks and _gives_others(plan, told))
    ):
        place = plan.called_up or plan.cls.node
        for name in (p.name for p in asked):
            if name not in told or any(part.kind in _LATER for part in told[name].walk()):
                reason = f"the size `{name}` of its base `{base.cls.short}` cannot be told from the source"
                raise Refused("MN108", place, reason)
        retold = Retold(tuple(told[p.name] for p in asked), place)
    _check_sizes(plan, told)
    return retold


def _told(plan: ClassPlan, parameter: Parameter) -> Term | None:
    """What a call of the base's method tells, or the size of a submodule that is called here."""
    up = dict(plan.flow.called_up or ()) if parameter.argument.method in plan.cls.methods else {}
    if up.get(parameter.name) is not None:
        return up[parameter.name]
    for above in plan.bases:
        for submodule in above.submodules:
            found = plan.flow.inherited.get(submodule.construction.call)
            for own, (_, size) in zip(submodule.sizes, (found.sizes if found else None) or (), strict=False):
                if _name_of(above, own) == parameter.name and size is not None:
                    return size
        if above.retold is not None:  # what its bases ask for, it gives
            break
    return None


def _gives_others(plan: ClassPlan, told: Mapping[str, Term]) -> bool:
    """Tells whether methods that the class replaces have those of the base give its submodules other sizes."""
    own = {name: Term(Kind.DIM, size) for above in reversed(plan.bases) for size, name in above.dims.items()}
    return any(size != own.get(name) for name, size in told.items())


def _check_sizes(plan: ClassPlan, told: Mapping[str, Term]) -> None:
    """Every submodule of a base has to be of the size that the methods call it with which run here."""
    own, names = plan.cls.methods.keys(), dict(told)
    theirs = {name for above in plan.bases for name in above.cls.methods}
    replaced = (own & theirs) - calling_up(plan) - {"setup"}
    if not replaced and not plan.replaces_hooks:
        return
    for above in plan.bases:
        for submodule in above.submodules:
            found = plan.flow.inherited.get(submodule.construction.call)
            here = tuple(size for _, size in found.sizes or ()) if found is not None and found.uses else None
            sizes = tuple(_as_here(above, names, size) for size in submodule.sizes)
            alike = all(_changes_alike(plan, above, size) for size in submodule.sizes)
            if found is None or here is None or (here == sizes and alike):
                continue
            mine = (u.call for u in found.uses for m in plan.cls.methods.values() if u.call in m.parents)
            place, kind = next(mine, plan.cls.node), submodule.construction.kind
            if not _may_be(submodule, here):
                reason = f"the `{kind}` that its base `{above.cls.short}` makes may be of another size here"
                raise Refused("MN108", place, reason)
            plan.taken_alike.append((place, kind))
        for size, node in above.read:
            if plan.flow.seen.get(node) != _as_here(above, names, size):
                reason = f"a size that its base `{above.cls.short}` reads may be another one here"
                raise Refused("MN108", plan.cls.node, reason)
        if above.retold is not None and above.base is not None:
            given = zip(above.base.every_parameter, above.retold.sizes, strict=True)
            known = ((p.name, _as_here(above, names, size)) for p, size in given)
            names = {name: size for name, size in known if size is not None}


def _may_be(submodule: Submodule, here: Sequence[Term | None]) -> bool:
    """Tells whether sizes that fields alone say are not known to be others: another input would be an error."""
    layer = submodule.construction.layer
    contracts = layer is not None and layer.linen in CONTRACTING
    pairs = zip(submodule.sizes, here, strict=True)
    return contracts and all(holds_anywhere(size) and now in (size, None) for size, now in pairs)


def _changes_alike(plan: ClassPlan, above: ClassPlan, size: Term) -> bool:
    """Tells whether a loop makes the same of a size that it changes."""
    keys = [part.value for part in size.walk() if part.kind is Kind.PHI]
    pairs = [(plan.flow.phis.get(key), above.flow.phis[key]) for key in keys]
    return all(one is not None and (one.entry, one.back) == (two.entry, two.back) for one, two in pairs)


def _as_here(above: ClassPlan, names: Mapping[str, Term], size: Term) -> Term | None:
    """A size of a base, where its parameters are what the class gives it, or what they are for itself."""
    return substitute(size, lambda t: names.get(_name_of(above, t), t))


def _name_of(above: ClassPlan, size: Term) -> str:
    """The argument of the constructor that a size is by itself."""
    if size.kind is Kind.ASKED:
        return str(size.value)
    return above.dims.get(size.value, "") if size.kind is Kind.DIM else ""


def _callers(above: ClassPlan, submodule: Submodule) -> set[str]:
    """The methods of a class that call a submodule of its own."""
    uses = above.flow.found[submodule.construction.call].uses
    return {name for name, m in above.cls.methods.items() if any(u.call in m.parents for u in uses)}


def _check_calls(plan: ClassPlan) -> None:
    """Raises Refused where a submodule of a base is not called any more, or is called in another way."""
    replaced = plan.cls.methods.keys() - calling_up(plan)
    for above in plan.bases:
        for submodule in above.submodules:
            call, kind = submodule.construction.call, submodule.construction.kind
            mine = plan.flow.inherited[call].uses if call in plan.flow.inherited else []
            callers = _callers(above, submodule)
            if callers and callers <= replaced and not mine:
                reason = f"`{min(callers)}` replaces one of `{above.cls.short}`, which calls a `{kind}`"
                raise Refused(
                    "MN104", plan.cls.methods[min(callers)].node, f"{reason} that nothing calls here"
                )
            calls = [(u, m) for u in mine for m in plan.methods.values() if u.call in m.parents]
            if callers and callers <= replaced and not any(in_any_case(*pair) for pair in calls):
                reason = f"the `{kind}` that its base `{above.cls.short}` makes is called, which makes its variables,"
                raise Refused(
                    "MN201", calls[0][0].call if calls else plan.cls.node, f"{reason} on a condition"
                )
            own = [m.parents for m in plan.cls.methods.values()]
            use = next((u for u in mine for parents in own if u.call in parents), None)
            moved = use is not None and moved_arguments(submodule.construction, mine)
            if use is not None and (moved or any(submodule.at_call.values())):
                reason = f"a call decides how the `{kind}` works that its base `{above.cls.short}` makes"
                raise Refused("MN104", use.call, reason)


def sizes_above(plan: ClassPlan) -> list[str]:
    """Returns the code of the sizes that the constructor of the base gets."""
    if plan.base is None:
        return []
    if plan.retold is None:
        return [p.name for p in plan.base.every_parameter]
    return [spell(plan, size, at_top=True) for size in plan.retold.sizes]


def passes_on(plan: ClassPlan) -> bool:
    """Tells whether the class asks for the sizes that its base asks for, and gives it these."""
    return (
        plan.base is not None
        and plan.parameters == plan.base.every_parameter
        and sizes_above(plan) == [p.name for p in plan.parameters]
    )
