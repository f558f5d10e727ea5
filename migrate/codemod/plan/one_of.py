"""One call that makes one of several classes, as configuration says: everything around it has to fit each of them."""

import ast
import re
from collections.abc import Sequence
from itertools import combinations

from ..constructions import Construction
from ..constructors import SizeArgument
from ..model import Refused
from .alternatives import given, names_alike
from .automatic import is_automatic
from .children import Children
from .chosen_modes import chosen_mode
from .handed_on import is_handed_on
from .mapping_rules import below_names, class_slots
from .naming import attribute_of, snake
from .records import ClassPlan, Submodule

_OF_A_NORM = 1
"""How many sizes a norm of Flax asks for, which may be in the place of a class."""


def check_sizes(construction: Construction, children: Children) -> None:
    """Raises Refused where the classes ask for more sizes or fewer, or for one that no caller can tell.

    Sizes stand in front, so their names do not matter to the call; whether they are the same, each call tells.
    """
    if not construction.choice:
        return
    plans = [children.plans[target] for target in construction.choice if target in children.plans]
    asked = [[p.argument for p in plan.every_parameter] for plan in plans]
    told = all(_is_told(argument) for arguments in asked for argument in arguments)
    counts = {len(arguments) for arguments in asked}
    if len(plans) < len(construction.choice):
        counts.add(_OF_A_NORM)
    if len(counts) > 1 or not told:
        reason = f"{_spelled(construction)} ask for other sizes, and one call makes the one or the other"
        raise Refused("MN101", construction.call, reason)


def _is_told(argument: SizeArgument) -> bool:
    return argument.template != ""


def _spelled(construction: Construction) -> str:
    return " and ".join(f"`{target.rpartition('.')[2]}`" for target in construction.choice)


def called_kind(construction: Construction, made: Sequence[Construction], linen_names: bool) -> str:
    """Returns what a submodule with an automatic name is called, whichever of several classes it is of.

    Raises Refused where Linen would count others of its class with it.
    """
    if not construction.choice:
        return construction.counted if linen_names else snake(construction.counted)
    held = _held_as(construction)
    for other in made:
        same = other.choice == construction.choice and _held_as(other) == held
        if other.counted == construction.counted and not same and is_automatic(other):
            reason = f"the number of this `{other.counted}` depends on which class `{held}` is"
            raise Refused("MN204", other.call, reason)
    name = held.removeprefix("self.")
    return attribute_of(snake(re.sub(r"_?(cls|class|type|def|fn|ctor)$", "", name) or name))


def _held_as(construction: Construction) -> str:
    """Returns the field, or else the local name, that stands for one of the classes."""
    field, function = construction.factory.field, construction.call.func
    return f"self.{field}" if field else function.id if isinstance(function, ast.Name) else "layer"


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
    each = [s for s in plan.submodules if s.construction.call is construction.call]
    other = [c for c in calls if given(one, c) != given(two, c) and not is_handed_on(plan, each, c)]
    wrong: ast.Call | None = next(iter(other), None)
    if wrong is not None and construction.layer is not None:
        wrong = None if chosen_mode(plan, each, wrong) is not None else wrong
    if wrong is not None:
        reason = (
            f"this call takes other arguments in NNX for one of {_spelled(construction)} than for the other"
        )
        raise Refused("MN101", wrong, reason)
    if one.guard != two.guard or one.sizes != two.sizes:
        reason = f"one call makes {_spelled(construction)}, and it would not be the same for both"
        raise Refused("MN101", construction.call, reason)
    if not _named_alike(one, two) and (one.automatic or not names_alike(one, two)):
        reason = f"the variables of {_spelled(construction)} have the same names in Linen, and others in NNX"
        raise Refused("MN204", construction.call, reason)


def _named_alike(one: Submodule, two: Submodule) -> bool:
    """Tells whether a checkpoint of either class has one name for one place, and for that place in the other."""
    linen: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}
    nnx: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}
    if any(s.child is not None and class_slots(s.child) for s in (one, two)):
        return False
    return all(
        nnx.setdefault((r.collection, r.nnx), r.linen) == r.linen
        and linen.setdefault((r.collection, r.linen), r.nnx) == r.nnx
        for each in (one, two)
        for r in below_names(each)
    )
