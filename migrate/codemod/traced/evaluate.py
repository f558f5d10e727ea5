"""What a size, as an expression, was in one traced call."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from ..flow.terms import Differs, Given, Kind, Size, Term, Whole, Widened
from .records import TracedCall

_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "%": operator.mod,
    "**": operator.pow, "/": operator.truediv, "==": operator.eq, "!=": operator.ne, "<": operator.lt,
    "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_CALLS: Mapping[str, Callable[..., Any]] = {
    "int": int,
    "len": len,
    "max": max,
    "min": min,
    "abs": abs,
    "sum": sum,
}


class UnknownError(Exception):
    """What was recorded does not say."""


def evaluate(term: Term, made: TracedCall) -> Any:
    """Returns what `term` was where the module of the call `made` is built, None where that is not known."""
    try:
        return _value(term, made)
    except (UnknownError, TypeError, KeyError, IndexError, ZeroDivisionError, ValueError, OverflowError):
        return None


def _value(term: Term, made: TracedCall) -> Any:
    match term.kind:
        case Kind.CONST:
            return term.value
        case Kind.FIELD | Kind.DIM:
            return _of_owner(term, made)
        case Kind.LOCAL:
            return plain(made.module.locals[term.value.name])
        case Kind.PASSED:
            return plain(made.module.locals[term.value])
        case Kind.CHOICE:
            return _value(term.parts[1] if _value(term.parts[0], made) else term.parts[2], made)
        case Kind.ATTRIBUTE:
            return plain(_recorded(term, made))
    parts = [_value(part, made) for part in term.parts]
    match term.kind:
        case Kind.ITEM:
            return parts[0][parts[1]]
        case Kind.TUPLE:
            return tuple(parts)
        case Kind.NOT:
            return not parts[0] if term.value == "not" else -parts[0]
        case Kind.CALL if term.value in _CALLS:
            return _CALLS[term.value](*parts)
        case Kind.OP if term.value in _OPERATORS:
            return _OPERATORS[term.value](*parts)
    raise UnknownError


def _of_owner(term: Term, made: TracedCall) -> Any:
    owner = made.owner
    if owner is None:
        raise UnknownError
    if term.kind is Kind.FIELD:
        return plain(owner.module.fields[term.value])
    size: Size = term.value
    if isinstance(size, Differs | Given):
        raise UnknownError
    dims = owner.shapes[size.method, size.array]
    if isinstance(size, Widened) and _OPERATORS[size.sign](len(dims), size.count):
        return 1
    if isinstance(size, Whole):
        return tuple(dims)
    if not size.many:
        return dims[size.index]
    product = 1
    for each in dims[size.index :]:
        product *= each
    return product


def _recorded(term: Term, made: TracedCall) -> Any:
    """An attribute of a configuration, as it was recorded."""
    (above,) = term.parts
    if above.kind is Kind.FIELD and made.owner is not None:
        whole = made.owner.module.fields[above.value]
    elif above.kind is Kind.ATTRIBUTE:
        whole = _recorded(above, made)
    else:
        raise UnknownError
    return whole["attributes"][term.value]


def plain(value: Any) -> Any:
    """Returns a number, a text, or a tuple of them; anything else is not known. Raises UnknownError."""
    if isinstance(value, list):
        return tuple(plain(item) for item in value)
    if value is None or isinstance(value, int | str):
        return value
    raise UnknownError
