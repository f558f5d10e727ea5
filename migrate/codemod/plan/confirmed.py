"""Axes that are counted from the front: how many there are has to be told by somebody who builds the class."""

from collections.abc import Mapping

from ..flow.values import Array, Root, Use
from .records import ClassPlan


def unconfirmed(plans: Mapping[str, ClassPlan]) -> frozenset[str]:
    """Returns the classes that take an argument to have so many axes, and that nobody calls with as many for sure.

    `x.swapaxes(1, 2)` may leave the last axis alone. Whoever calls the class with another number is refused as it is.
    """
    sure = {name for name, plan in plans.items() if not plan.guessed}
    waiting = plans.keys() - sure
    while found := {
        name
        for name in waiting
        if all(any(_told(plans, sure, name, r) for r in g) for g in plans[name].guessed)
    }:
        sure |= found
        waiting -= found
    return frozenset(waiting)


def _told(plans: Mapping[str, ClassPlan], sure: set[str], name: str, root: Root) -> bool:
    callers = (plans[caller].flow for caller in sure)
    uses = (
        u for flow in callers for f in flow.found.values() if f.construction.target == name for u in f.uses
    )
    return any(
        isinstance(array := _given(plans[name], root, use), Array) and array.axes is not None for use in uses
    )


def _given(plan: ClassPlan, root: Root, use: Use) -> object:
    method, name = root
    if use.method != method or method not in plan.methods:
        return None
    return (dict(zip(plan.methods[method].parameters, use.args, strict=False)) | use.keywords).get(name)
