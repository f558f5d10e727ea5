"""Tests of literals: what they give."""

import operator
from collections.abc import Callable
from typing import Any

from .terms import Kind, Term
from .values import Value

COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "is": operator.is_, "is not": operator.is_not,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_ORDERED = (int, float)


def truth(test: Value) -> bool | None:
    """Returns whether a test of literals holds; None where it depends on more."""
    if not isinstance(test, Term):
        return None
    parts = [truth(part) for part in test.parts]
    if test.kind is Kind.CONST:
        return bool(test.value)
    if test.kind is Kind.NOT and test.value == "not":
        return None if parts[0] is None else not parts[0]
    if test.kind is Kind.OP and test.value in ("and", "or"):
        stops = test.value == "or"
        return stops if stops in parts else None if None in parts else not stops
    return _compared(test) if test.kind is Kind.OP and test.value in COMPARED else None


def _compared(test: Term) -> bool | None:
    if len(test.parts) != 2 or any(part.kind is not Kind.CONST for part in test.parts):
        return None
    left, right = (part.value for part in test.parts)
    ordered = isinstance(left, _ORDERED) and isinstance(right, _ORDERED)
    if test.value in ("is", "is not") and None not in (left, right):
        return None  # whether equal literals are one object is not for us to say
    return (
        bool(COMPARED[test.value](left, right))
        if ordered or test.value in ("==", "!=", "is", "is not")
        else None
    )
