"""What setup keeps on either side of a condition, and calls of what may be the one or the other submodule."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeGuard

from .choices import merged
from .terms import Term, const
from .values import Made, OneOf, Use, Value

if TYPE_CHECKING:
    from .evaluate import Evaluator

Attributes = dict[str, Value]


def joined(test: Value, yes: Mapping[str, Value], no: Mapping[str, Value]) -> Attributes:
    """Returns the attributes after both sides; one that a single side keeps is read on that side alone."""
    found = {**no, **yes}
    return found | {name: either(test, yes[name], no[name]) for name in yes.keys() & no.keys()}


def either(test: Value, yes: Value, no: Value) -> Value:
    """Returns one of two submodules, or what holds of both values; one in the place of None is called where it is."""
    for one, other in ((yes, no), (no, yes)):
        if isinstance(one, Made | OneOf) and other == const(None):
            return one
    if yes != no and _is_one(yes) and _is_one(no):
        return OneOf(test if isinstance(test, Term) else None, yes, no)
    return merged(test, yes, no)


def _is_one(value: Value) -> TypeGuard[Made | OneOf]:
    return isinstance(value, OneOf) or (isinstance(value, Made) and not value.many)


def method_of(value: Made | OneOf, name: str) -> Made | OneOf | None:
    """Returns the bound method `value.name`."""
    if isinstance(value, Made):
        return Made(value.call, value.many, name) if value.method == "__call__" else None
    yes, no = method_of(value.yes, name), method_of(value.no, name)
    return None if yes is None or no is None else OneOf(value.test, yes, no)


def applied(scope: "Evaluator", value: Made | OneOf, use: Use) -> Value:
    """Calls each of the submodules, and returns what holds of all that they give."""
    if isinstance(value, Made):
        return scope.apply(value, Use(use.call, value.method, use.args, use.keywords))
    return merged(value.test, applied(scope, value.yes, use), applied(scope, value.no, use))
