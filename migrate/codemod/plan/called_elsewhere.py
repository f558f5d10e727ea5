"""Submodules that a method of a base calls, `self.head(x)`: what a call has to get in NNX cannot be added there."""

import ast

from ..branches import not_returned, way_to
from ..flow.found import Found
from ..flow.values import Use
from ..model import LinenClass, Method, MethodKind, Refused
from ..trees import walk
from .automatic import attribute_target
from .layer_rules import moved_arguments
from .places import element_calls, is_element
from .read_above import running_above
from .records import ClassPlan
from .zipped import lists_of


def check_called_elsewhere(plan: ClassPlan, found: Found, child: ClassPlan | None) -> None:
    """Raises Refused where such a call would not be the same in NNX, or where that is not the only mention."""
    construction, kind = found.construction, found.construction.kind
    methods = [m for _, m in running_above(plan)]
    carry = next((u for u in found.carries for m in methods if u.call in m.parents), None)
    plain = (
        construction.method.kind is MethodKind.SETUP and not construction.lifted and not construction.choice
    )
    changed = plain and (
        moved_arguments(construction, found.elsewhere) or (child is not None and child.asked)
    )
    if carry is not None or (found.elsewhere and (changed or not plain)):
        reason = f"a method of its base calls the `{kind}`, and would have to call it otherwise in NNX"
        raise Refused("MN104", construction.call, reason)
    name = attribute_target(construction)
    for above, method in running_above(plan):
        reads = (n for n in walk(method.node) if isinstance(n, ast.Attribute) and method.is_this(n, name))
        unknown = next((n for n in reads if name and not _is_followed(above.cls, method, n, found)), None)
        if unknown is not None:
            reason = f"a method of its base reads `self.{name}` (line {unknown.lineno})"
            raise Refused("MN104", construction.call, f"{reason}, and the `{kind}` is not followed there")


def _is_followed(cls: LinenClass, method: Method, read: ast.Attribute, found: Found) -> bool:
    """Tells whether all that a method does with a submodule, or with a list of them, is to make these calls."""
    made, above = found.construction, method.parents[read]
    calls = {use.call for use in found.elsewhere}
    if isinstance(made.method.parents[made.call], ast.ListComp):
        lists = lists_of(made.method)
        return is_element(cls, method, read, lists) and calls.issuperset(element_calls(method, read))
    return isinstance(above, ast.Call) and above.func is read and above in calls


def is_called_there(plan: ClassPlan, found: Found) -> bool:
    """Tells whether a method of a base calls a submodule in any case."""
    pairs = ((use, m) for use in found.elsewhere for _, m in running_above(plan) if use.call in m.parents)
    return any(in_any_case(use, method) for use, method in pairs)


def in_any_case(use: Use, method: Method) -> bool:
    """Tells whether a method makes a call whenever it is called itself."""
    return not way_to(method, use.call) and not any(True for _ in not_returned(method, use.call))
