"""Axes that are counted from the front: how many there are has to be told by somebody who builds the class."""

from collections.abc import Collection, Mapping

from ..flow.values import Array, Root, Use
from .records import ClassPlan

Argument = tuple[str, str, str]
"""An argument of a method of a class."""


def unconfirmed(plans: Mapping[str, ClassPlan], ranked: Collection[Argument] = ()) -> frozenset[str]:
    """Returns the classes that take an argument to have so many axes, and that nobody calls with as many for sure.

    `x.swapaxes(1, 2)` may leave the last axis alone. Whoever calls the class with another number is refused as it is.
    The `ranked` arguments of methods of classes have theirs from a script.
    """
    sure = {name for name, plan in plans.items() if not plan.guessed}
    waiting = plans.keys() - sure
    while found := {
        name
        for name in waiting
        if all(any(_told(plans, sure, ranked, name, r) for r in g) for g in plans[name].guessed)
    }:
        sure |= found
        waiting -= found
    return frozenset(waiting)


def _told(
    plans: Mapping[str, ClassPlan], sure: set[str], ranked: Collection[Argument], name: str, root: Root
) -> bool:
    if (name, *root) in ranked:
        return True
    callers = ((caller, f) for caller in sure for f in plans[caller].flow.found.values())
    uses = ((caller, use) for caller, f in callers if f.construction.target == name for use in f.uses)
    given = ((caller, _given(plans[name], root, use)) for caller, use in uses)
    return any(isinstance(array, Array) and _is_sure(caller, array, ranked) for caller, array in given)


def _is_sure(caller: str, array: Array, ranked: Collection[Argument]) -> bool:
    """Tells whether a caller knows how many axes an array has: by itself, or as a script gives it that array."""
    own = (caller, *array.argument) if array.untouched and array.argument is not None else None
    return array.axes is not None or own in ranked


def _given(plan: ClassPlan, root: Root, use: Use) -> object:
    method, name = root
    if use.method != method or method not in plan.methods:
        return None
    return (dict(zip(plan.methods[method].parameters, use.args, strict=False)) | use.keywords).get(name)
