"""Whether a parent that stays Linen calls a migrated class with as many axes as that takes its inputs to have."""

import ast

from ..constructions import Construction
from ..flow.found import Flow
from ..flow.values import Array
from ..model import LinenClass
from ..project import Project
from .bridge_uses import mentions
from .child_calls import Call
from .classes_given import classes_given
from .records import ClassPlan


def has_enough_axes(
    construction: Construction, cls: LinenClass, flow: Flow, plan: ClassPlan, project: Project
) -> bool:
    """Tells whether all calls of the module are followed, each with arrays that are known to have the axes."""
    found = flow.found.get(construction.call)
    above = [(node, method.parents[node]) for method, node in mentions(cls, construction)]
    calls = {call for node, call in above if isinstance(call, ast.Call) and call.func is node}
    if found is None or not calls or calls != {use.call for use in found.uses}:
        return False
    classes = classes_given(construction, project)
    return all(Call(plan, found.values, use, classes).fits(_known) for use in found.uses)


def _known(array: Array, count: int, *, exactly: bool = False) -> bool:
    return array.axes == count if exactly else array.least >= count
