"""`super().__call__(x)` where the base's method makes variables or submodules: they come before the class's own."""

import ast

from ..branches import always_reached
from ..model import LinenClass, Method, Refused
from ..names import is_super
from ..trees import end_of, walk
from .automatic import Counted, Places
from .records import ClassPlan


def makes_above(plan: ClassPlan, name: str) -> ClassPlan | None:
    """Returns the base whose method of that name a class replaces, if it makes variables or submodules there."""
    base = next((p for p in plan.bases if name in p.cls.methods), None)
    if base is None:
        return None
    method = base.cls.methods[name]
    makes = any(v.creation.method is method for v in base.variables)
    makes = makes or any(s.construction.method is method for s in base.submodules)
    makes = makes or any(c.call in method.parents for c in base.calls)
    return base if makes or base.called_up in method.parents else None


def call_up(cls: LinenClass, method: Method) -> ast.Call | None:
    """Returns the one call of the method that this replaces; None where it may not happen, or more than once."""
    name = method.node.name
    found = [n for m in cls.methods.values() for n in walk(m.node) if is_super(n, name)]
    call = method.parents.get(found[0]) if len(found) == 1 else None
    if not isinstance(call, ast.Call) or call.func is not found[0]:
        return None
    match found[0].value:  # type: ignore[attr-defined]
        case ast.Call(args=[ast.Name(id=own), _]) if own != cls.short:
            return None
    return call if always_reached(method, call) else None


def calling_up(plan: ClassPlan) -> set[str]:
    """Returns the methods of a class that call those of the base which they replace."""
    methods = plan.cls.methods.items()
    return {name for name, m in methods if any(is_super(n, name) for n in walk(m.node))}


def called_up(plan: ClassPlan) -> ast.Call | None:
    """Returns the call of a method that makes variables or submodules, and that the class replaces."""
    made = (m for name, m in plan.cls.methods.items() if name != "setup" and makes_above(plan, name))
    return next((call_up(plan.cls, method) for method in made), None)


def counted_before(plan: ClassPlan) -> Counted:
    """Returns the submodules with automatic names that the base has made by then."""
    names = (name for name, m in plan.cls.methods.items() if plan.called_up in m.parents)
    makers = (maker for name in names if (maker := makes_above(plan, name)) is not None)
    return next((maker.counted for maker in makers), Counted())


def check_made_behind(plan: ClassPlan, places: Places, before: Counted) -> None:
    """Linen's names count what is made first: those of the base would not be what they are for others."""
    if plan.called_up is None:
        return
    end = end_of(plan.called_up)
    for construction in places:
        if before.count[construction.counted] and end_of(construction.call) < end:
            reason = f"it makes a `{construction.counted}` before its base makes one: their names are others for it"
            raise Refused("MN204", construction.call, reason)
