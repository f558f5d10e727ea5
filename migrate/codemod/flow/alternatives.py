"""What setup keeps on either side of a condition, and calls of what may be the one or the other submodule."""

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ..branches import never_reached
from .choices import merged
from .found import holds_anywhere, is_configured
from .terms import PLACED, Kind, Term, const
from .values import Made, OneOf, Use, Value

if TYPE_CHECKING:
    from .evaluate import Evaluator

Attributes = dict[str, Value]


def joined(test: Value, yes: Mapping[str, Value], no: Mapping[str, Value]) -> Attributes:
    """Returns the attributes after both sides; one that a single side keeps is read on that side alone."""
    found = {**no, **yes}
    return found | {name: either(test, yes[name], no[name]) for name in yes.keys() & no.keys()}


def on_one_side(
    test: Value, yes: Mapping[str, Value], no: Mapping[str, Value], known: Mapping[str, Term | None]
) -> dict[str, Term | None]:
    """Returns the attributes that one side alone keeps, each with what has to hold: nothing where that is not told."""
    term = test if isinstance(test, Term) and holds_anywhere(test) else None
    opposite = Term(Kind.NOT, "not", (term,)) if term is not None else None
    found = dict.fromkeys(yes.keys() - no.keys(), term) | dict.fromkeys(no.keys() - yes.keys(), opposite)
    return {name: None if name in known else there for name, there in found.items()}


def instead_of_none(
    test: Value, yes: Mapping[str, Value], no: Mapping[str, Value], known: Mapping[ast.Call, Term | None]
) -> dict[ast.Call, Term | None]:
    """Returns the modules that one side keeps in the place of None, each with what has to hold, where that is told."""
    found: dict[ast.Call, Term | None] = {}
    for one, other, there in ((yes, no, test), (no, yes, _denied(test))):
        for name, value in one.items():
            if isinstance(value, Made) and not value.many and other.get(name) == const(None):
                told = isinstance(there, Term) and is_configured(there) and value.call not in known
                found[value.call] = there if told and isinstance(there, Term) else None
    return found


def _denied(test: Value) -> Term | None:
    return Term(Kind.NOT, "not", (test,)) if isinstance(test, Term) else None


def either(test: Value, yes: Value, no: Value) -> Value:
    """Returns one of two submodules, or what holds of both values; one in the place of None is called where it is."""
    for one, other in ((yes, no), (no, yes)):
        if isinstance(one, Made | OneOf) and other == const(None):
            return one
    if yes != no and _is_module(yes) | _is_module(no) and not _is_list(yes) | _is_list(no):
        return OneOf(test if isinstance(test, Term) else None, yes, no)
    return merged(test, yes, no)


def bound_after(name: str, test: Value, yes: Mapping[str, Value], no: Mapping[str, Value]) -> Value:
    """Returns what a local is after both sides; who reads a size that one side alone has bound has come by that one."""
    for one, other in ((yes, no), (no, yes)):
        size = one.get(name)
        if name not in other and isinstance(size, Term) and all(t.kind not in PLACED for t in size.walk()):
            return size
    return either_of(name, test, yes, no)


def either_of(name: str, test: Value, yes: Mapping[str, Value], no: Mapping[str, Value]) -> Value:
    """The same of a local that an earlier round of a loop may have bound."""
    return either(test, yes.get(name), no.get(name))


def _is_module(value: Value) -> bool:
    return isinstance(value, Made | OneOf)


def _is_list(value: Value) -> bool:
    return isinstance(value, Made) and value.many


def method_of(value: Made | OneOf, name: str) -> Made | OneOf | None:
    """Returns the bound method `value.name`."""
    if isinstance(value, Made):
        return Made(value.call, value.many, name) if value.method == "__call__" else None
    yes, no = (method_of(v, name) if isinstance(v, Made | OneOf) else None for v in (value.yes, value.no))
    return None if yes is None or no is None else OneOf(value.test, yes, no)


def _is_other(scope: "Evaluator", value: Value, use: Use) -> bool:
    """Tells whether the call is one of the other submodule alone: `if self.tied: self.head(x, kernel)`."""
    setup, method = scope.cls.methods.get("setup"), scope.method
    if isinstance(value, OneOf):
        return all(_is_other(scope, half, use) for half in (value.yes, value.no))
    if setup is None or not isinstance(value, Made) or value.call not in setup.parents:
        return False
    return use.call in method.parents and never_reached(setup, value.call, method, use.call)


def applied(scope: "Evaluator", value: Value, use: Use, function: Callable[[Value], Value]) -> Value:
    """Calls each of the submodules, and returns what holds of all that they give; `function` calls what is none."""
    if isinstance(value, OneOf):
        there = [half for half in (value.yes, value.no) if not _is_other(scope, half, use)]
        given = [applied(scope, half, use, function) for half in there]
        return merged(value.test, *given) if len(given) == 2 else next(iter(given), None)
    if isinstance(value, Made):
        return scope.apply(value, Use(use.call, value.method, use.args, use.keywords))
    return function(value)
