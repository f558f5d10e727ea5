"""Modes that some of what a field may hold takes, and some does not: a norm with a mode here, one without there.

The method that calls it takes them as `**mode`, and whoever makes the module gives what its norm takes.
"""

import ast
from collections.abc import Sequence, Set

from ..factories.program import line
from ..factories.records import Scope
from ..model import LinenClass, Refused
from ..project import Project
from .layer_rules import Moved
from .records import ClassPlan, Submodule


def hand_on(plan: ClassPlan, fields: Set[str], mode: str, call: ast.Call, project: Project) -> None:
    """Has the method that makes the call hand on a mode, where not all of what the `fields` may hold takes it."""
    name, method = next((n, m) for n, m in plan.cls.methods.items() if call in m.parents)
    held = (factory for field in fields for factory in project.factories.either(plan.cls, field))
    some = any(mode not in factory.at_call() for factory in held)
    handed = plan.handed_on.setdefault(name, set())
    if mode in plan.asked.get(name, ()) and some != (mode in handed):
        raise Refused("MN101", call, f"`{mode}` is for some of what it calls, and for all of it elsewhere")
    if some and method.node.args.kwarg is not None:
        raise Refused(
            "MN101", call, f"`{mode}` is for some of what it calls, and `{name}` takes other keywords"
        )
    handed |= {mode} if some else set()


def check_handed_on(plan: ClassPlan, method: str, moved: Sequence[Moved], call: ast.Call) -> None:
    """Raises Refused where a call gets such modes and others too."""
    handed = plan.handed_on.get(method, ())
    count = sum(isinstance(value, str) and mode in handed for mode, value in moved)
    if 0 < count < len(moved):
        modes = " and ".join(f"`{mode}`" for mode, _ in moved)
        raise Refused("MN101", call, f"of {modes}, which it is called with, only some are handed on")


def by_default(cls: LinenClass, field: str, project: Project) -> tuple[ast.expr | None, Scope]:
    """Returns what a field holds of which a construction says nothing, and where that stands."""
    named = ((f, above) for above in line(cls, project) for f in above.fields if f.name == field)
    return next(((f.default, Scope(above.names)) for f, above in named), (None, Scope(cls.names)))


def is_handed_on(plan: ClassPlan, each: Sequence[Submodule], call: ast.Call) -> bool:
    """Tells whether a call of one of the layers `each` gives it what the method is given for that."""
    name = next((n for n, m in plan.cls.methods.items() if call in m.parents), "")
    given = [moved for submodule in each for moved in submodule.at_call.get(call, ())]
    modes = plan.handed_on.get(name, ())
    return bool(given) and all(isinstance(value, str) and mode in modes for mode, value in given)
