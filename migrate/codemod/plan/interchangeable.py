"""Classes of which one call makes the one or the other: each takes the sizes that any of them asks for."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ..constructions import constructions
from ..constructors import SizeArgument, item_path
from ..project import Project
from ..sizes import Parameter
from ..trees import walk
from .needs import turn
from .records import ClassPlan

Agreed = Mapping[str, tuple[Parameter, ...]]
"""By class, the parameters that it takes for the sake of others."""


def lacking(project: Project, plans: Mapping[str, ClassPlan]) -> Agreed:
    """Returns what classes do not ask for yet, though another one does that a call may make instead."""
    found: dict[str, tuple[Parameter, ...]] = {}
    made = (one for cls in project.classes.values() for one in constructions(cls, project))
    for choice in dict.fromkeys(one.choice for one in made if one.choice):
        if all(target in plans for target in choice):
            found |= dict(_lacking([plans[target] for target in choice]))
    return found


def _lacking(each: Sequence[ClassPlan]) -> Iterator[tuple[str, tuple[Parameter, ...]]]:
    """Gives nothing where no class asks for all that the others do."""
    most = max(each, key=lambda plan: len(plan.every_parameter)).every_parameter
    wanted = {_size(p.argument): p for p in most}
    own = [{_size(p.argument) for p in plan.every_parameter} for plan in each]
    told = all(p.argument.template and not p.argument.along for p in most)
    if not told or any(sizes - wanted.keys() for sizes in own):
        return
    for plan, sizes in zip(each, own, strict=True):
        more = tuple(p for size, p in wanted.items() if size not in sizes)
        owner = next((p for p in (plan, *plan.bases) if "__call__" in p.cls.methods), None)
        ordered = sorted([*plan.every_parameter, *more], key=turn)
        alike = [_size(p.argument) for p in ordered] == [*wanted]
        if more and owner is not None and alike and all(_takes(owner, p) for p in more):
            yield owner.cls.name, more


def _size(argument: SizeArgument) -> SizeArgument:
    return replace(argument, name="")


def _takes(plan: ClassPlan, parameter: Parameter) -> bool:
    """Tells whether a call of the class has what the size is of, and nothing else is called as the parameter is."""
    asked, call = parameter.argument, plan.cls.methods["__call__"]
    read = {item_path(asked.parameter)[0], *([asked.other] if asked.other else [])}
    names = {n.id for n in walk(plan.cls.node) if isinstance(n, ast.Name)} | {f.name for f in plan.fields}
    return (
        asked.method == "__call__"
        and not asked.instead
        and read <= {*call.parameters}
        and parameter.name not in names
    )
