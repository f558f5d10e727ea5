"""Values that a submodule's constructor asks for, and that each of its calls gives: they have to be the same."""

from ..constructions import Construction
from ..flow.found import Found
from ..model import Refused
from ..static_arguments import is_value
from .child_calls import Call
from .classes_given import Asked
from .records import ClassPlan


def asks_values(child: ClassPlan | None) -> bool:
    """Tells whether a class takes numbers or strings in its constructor that Linen's call gave."""
    return child is not None and any(is_value(p.argument) for p in child.every_parameter)


def check_values(construction: Construction, child: ClassPlan, found: Found, classes: Asked) -> None:
    """Raises Refused where one call gives another value than the one that the submodule is made with."""
    for argument in (p.argument for p in child.every_parameter if is_value(p.argument)):
        told = {Call(child, found.values, use, classes).size(argument) for use in found.uses}
        if len(told) > 1:
            reason = (
                f"`{construction.kind}` is called with one `{argument.name}` here, and with another there"
            )
            raise Refused("MN108", construction.call, reason)
