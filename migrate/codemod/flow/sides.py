"""Sizes that the two sides of a condition tell of one submodule: where fields decide, it has the one or the other."""

import ast
from collections.abc import Callable, Mapping
from typing import NamedTuple

from .choices import merged
from .found import Found, Sizes, is_configured
from .terms import Kind, Term
from .values import Value

Made = Mapping[ast.Call, Found]
Told = Mapping[ast.Call, Sizes | None]


def on_both_sides(
    made: Made, test: Value, yes: Callable[[], Value], no: Callable[[], Value]
) -> tuple[Value, Value]:
    """Returns what both sides give, each of which calls submodules."""
    if not decides(test):
        return yes(), no()
    before = told(made)
    first = yes()
    side = put_back(made, before)
    second = no()
    settle(made, Side(test, True, before, side))
    return first, second


def told(made: Made) -> Told:
    """Returns what is known of the sizes of every submodule so far."""
    return {call: found.sizes for call, found in made.items()}


def decides(test: Value) -> bool:
    """Tells whether a condition is the same at every call of one module."""
    return isinstance(test, Term) and test.kind is not Kind.CONST and is_configured(test)


def put_back(made: Made, before: Told) -> Told:
    """Forgets what one side has told, and returns it; elements of a list have to be alike on both."""
    one = told(made)
    for call, found in made.items():
        if not _is_listed(found):
            found.sizes = before.get(call)
    return one


class Side(NamedTuple):
    """What was told before a condition, and on one side of it."""

    test: Value
    holds: bool
    before: Told
    told: Told


def settle(made: Made, side: Side) -> None:
    """Has each submodule ask for the size of the side that runs; what is known now was told on the other one."""
    for call, found in made.items():
        one, two = side.told.get(call), found.sizes
        if not _is_listed(found) and one != two:
            yes, no = (one, two) if side.holds else (two, one)
            found.sizes = _of_both(side.test, side.before.get(call), yes, no)


def _is_listed(found: Found) -> bool:
    above = found.construction.method.above(found.construction.call)
    return any(isinstance(a, ast.ListComp | ast.For) for a in above)


def _of_both(test: Value, before: Sizes | None, yes: Sizes | None, no: Sizes | None) -> Sizes | None:
    """A side that does not call it says nothing; a call in front of the condition reads the same variables."""
    if yes == before or no == before:
        return no if yes == before else yes
    one, two, known = dict(yes or ()), dict(no or ()), dict(before or ())
    return tuple(
        (name, one[name] if known.get(name) is not None else _size(test, one.get(name), two.get(name)))
        for name in {**one, **two}
    )


def _size(test: Value, yes: Term | None, no: Term | None) -> Term | None:
    found = merged(test, yes, no)
    return found if isinstance(found, Term) else None
