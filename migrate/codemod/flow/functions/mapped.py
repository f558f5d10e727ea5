"""Functions that run another one along the first axis of arrays: `lax.scan`, `lax.map`."""

from dataclasses import replace

from ..rounds import taken, together
from ..terms import Term
from ..values import Array, Items, Local, Value
from .arguments import Arguments


def scan(given: Arguments) -> Value:
    """`scan(f, init, xs, length)`: the carry keeps its shape, the rest of what f gives is put together."""
    carry, xs = traced(given.get(1, "init")), given.get(2, "xs")
    step = _called(given, carry, taken(xs, 0, given.evaluator.assume))
    results = step.items[1] if isinstance(step, Items) and len(step.items) == 2 else None
    return Items((carry, together(results, 0, given.term(3, "length") or _length(xs))))


def each(given: Arguments) -> Value:
    """`map(f, xs)`"""
    xs = given.get(1, "xs")
    return together(_called(given, taken(xs, 0, given.evaluator.assume)), 0, _length(xs))


def _length(xs: Value) -> Term | None:
    """The first axis of an array, or of the first of several."""
    if isinstance(xs, Items):
        return _length(xs.items[0]) if xs.items else None
    return xs.at(0) if isinstance(xs, Array) else None


def _called(given: Arguments, *values: Value) -> Value:
    """What one round of the function gives, which is defined beside the call."""
    function = given.get(0, "f")
    if not isinstance(function, Local) or not given.plain:
        return None
    return given.evaluator.local(function, replace(given, values=values, keywords={}))


def traced(value: Value) -> Value:
    """A number that a loop begins with is an array in every round, and no longer that number."""
    if isinstance(value, Items):
        return Items(tuple(map(traced, value.items)))
    if isinstance(value, Term):
        return Array(None) if value.number is not None else None
    return value if isinstance(value, Array) else None
