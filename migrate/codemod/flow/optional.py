"""Arguments that may be None, and what stands in for them: `context = x if context is None else context`."""

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ..bindings import default_of, may_be_missing
from .choices import merged
from .found import Phi, PhiKey
from .ranks import ranks_of
from .terms import Kind, Term, const
from .values import Array, Either, Rank, Value

if TYPE_CHECKING:
    from .evaluate import Evaluator


Asked = tuple[str, bool]
"""A name that a test compares with None, and whether the test holds where it is None."""


def asks_for(test: ast.expr) -> Asked | None:
    """Returns what a test asks, where it is no more than that."""
    match test:
        case ast.Compare(
            left=ast.Name(id=name),
            ops=[ast.Is() | ast.IsNot() as sign],
            comparators=[ast.Constant(value=None)],
        ):
            return name, isinstance(sign, ast.Is)
    return None


def answer(test: ast.expr, env: Mapping[str, Value]) -> bool | None:
    """Returns what a test for None gives, where that is known of what the name holds."""
    asked = asks_for(test)
    if asked is None:
        return None
    name, is_none = asked
    value = env.get(name)
    if value == const(None):
        return is_none
    return not is_none if isinstance(value, Array) and value.is_there else None


def without(given: Value, absent: Value, present: Value) -> Array | None:
    """Returns an array that a test for an argument leaves as it is, or works on: `scores = scores + mask`.

    The layers behind it have one kernel for both, so that axes of which nothing is known there are those of the
    array `absent` that argument. None where this does not tell more than what holds of both.
    """
    if not isinstance(given, Array) or not isinstance(absent, Array) or not isinstance(present, Array):
        return None
    if given.argument is None:
        return None
    if present == Array(Either(ranks_of(absent) | ranks_of(given))):
        return absent
    count = absent.axes
    if not count or not absent.is_there:
        return None
    own, theirs = ([a.at(k - count) for k in range(count)] for a in (absent, present))
    more = ranks_of(present) - {Rank(None, count), Rank(given.argument, 0)}
    if (present.axes is not None and None not in theirs[:-1]) or more or not ranks_of(present):
        return None
    if any(None not in (a, b) and a != b for a, b in zip(own, theirs, strict=True)):
        return None
    return Array(None, 0, (*own[:-1], theirs[-1]), count)


def ended_alike(phis: Mapping[PhiKey, Phi], absent: Value, present: Value) -> Value:
    """Returns `absent` with the sizes of a loop on the other side, each round of which ends with what it has itself.

    The layers behind it have one kernel for both, and the loop without a round leaves the size of the array that was
    asked for.
    """
    if not isinstance(absent, Array) or not isinstance(present, Array):
        return absent
    tail = list(absent.tail)
    for k in range(1, min(len(tail), len(present.tail)) + 1):
        size = present.at(-k)
        if size is not None and size.kind is Kind.PHI and phis[size.value].back == tail[-k]:
            tail[-k] = size
    return replace(absent, tail=tuple(tail))


def settled(scope: "Evaluator", asked: Asked, test: Value, yes: Value, no: Value, given: Value) -> Value:
    """Returns what holds after the two paths of a test, for what is `given` under the name that it asks for.

    An argument of the method itself may be None at one call and an array at another: the shape is that of the array,
    and `scope.instead` keeps what stands in for it.
    """
    name, is_none = asked
    absent, present = (yes, no) if is_none else (no, yes)
    if isinstance(given, Array) and isinstance(present, Array) and absent == const(None):
        return replace(present, skipped=True)
    if present != given:
        return without(given, absent, present) or merged(test, yes, no)
    if given == const(None):
        return absent
    if not isinstance(given, Array):
        return merged(test, yes, no)
    optional = default_of(scope.method, name) is None or may_be_missing(scope.method, name)
    root = given.argument
    if root is not None and given == Array(root) != absent and optional:
        known = scope.instead.setdefault(root, absent)
        scope.instead[root] = absent if known == absent else None
    return given


def lacks(size: Term | None) -> bool:
    """Tells whether a size says that an optional argument is not given, or may not be."""
    return size is not None and any(_is_absent(part) for part in size.walk())


def with_it(one: Term | None, two: Term | None) -> Term | None:
    """Returns the size of the call that gives an argument, of two; None where neither does for sure."""
    for size, other in ((one, two), (two, one)):
        if size is not None and (_is_absent(size) or not lacks(other)):
            return other
    return None


def _is_absent(size: Term) -> bool:
    return size.kind is Kind.CONST and (size.value is None or size.value is False)
