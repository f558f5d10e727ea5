"""One call that makes one of several classes, as configuration says: everything around it has to fit each of them."""

import ast
from itertools import combinations

from ..constructions import Construction
from ..constructors import SizeArgument
from ..model import Refused
from .alternatives import given, names_alike
from .children import Children
from .records import ClassPlan, Submodule


def check_sizes(construction: Construction, children: Children) -> None:
    """Raises Refused where the classes ask for other sizes, or for one that no caller can tell."""
    if not construction.choice:
        return
    plans = [children.plans[target] for target in construction.choice]
    asked = [[p.argument for p in plan.every_parameter] for plan in plans]
    names = [[argument.name for argument in arguments] for arguments in asked]
    told = all(_is_told(argument) for arguments in asked for argument in arguments)
    if any(n != names[0] for n in names) or not told:
        reason = f"{_spelled(construction)} ask for other sizes, and one call makes the one or the other"
        raise Refused("MN101", construction.call, reason)


def _is_told(argument: SizeArgument) -> bool:
    return argument.template != ""


def _spelled(construction: Construction) -> str:
    return " and ".join(f"`{target.rpartition('.')[2]}`" for target in construction.choice)


def check_choices(plan: ClassPlan) -> None:
    """Raises Refused where a call, or a checkpoint, would have to know which of the classes it is."""
    chosen = [s for s in plan.submodules if s.construction.choice]
    for one, two in combinations(chosen, 2):
        if one.construction.call is two.construction.call:
            _check(plan, one, two)


def _check(plan: ClassPlan, one: Submodule, two: Submodule) -> None:
    construction = one.construction
    if construction.lifted is not None or one.iteration is not None:
        raise Refused("MN101", construction.call, "one of several classes is made under a transform")
    calls = [use.call for use in plan.flow.found[construction.call].uses]
    wrong: ast.Call | None = next((c for c in calls if given(one, c) != given(two, c)), None)
    if wrong is not None:
        reason = (
            f"this call takes other arguments in NNX for one of {_spelled(construction)} than for the other"
        )
        raise Refused("MN101", wrong, reason)
    if one.guard != two.guard or one.sizes != two.sizes:
        reason = f"one call makes {_spelled(construction)}, and it would not be the same for both"
        raise Refused("MN101", construction.call, reason)
    if not names_alike(one, two):
        reason = f"the variables of {_spelled(construction)} have the same names in Linen, and others in NNX"
        raise Refused("MN204", construction.call, reason)
