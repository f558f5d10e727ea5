"""One of two values, as the fields of the module say: `pooled = self.pooler(x) if self.add_pooling_layer else None`."""

from collections.abc import Mapping

from .found import holds_anywhere
from .terms import Kind, Term, const
from .values import Array, Chosen, Value

_NONE = const(None)


def straight(test: Term) -> Term:
    """Returns a test without what is denied twice."""
    denied = _denied(test)
    twice = _denied(denied) if denied is not None else None
    return test if twice is None else straight(twice)


def _denied(test: Term) -> Term | None:
    return test.parts[0] if test.kind is Kind.NOT and test.value == "not" else None


def chosen(test: Term | None, yes: Value, no: Value) -> Value:
    """Returns the one or the other value where fields alone decide, for a caller who knows them; None elsewhere."""
    if test is None or not holds_anywhere(test):
        return None
    if (denied := _denied(test)) is not None:
        return chosen(denied, no, yes)
    one, two = known(yes, test, holds=True), known(no, test, holds=False)
    return one if one == two else Chosen(test, one, two)


def sides(value: Value) -> list[Value]:
    """Returns all that a value may be."""
    return [*sides(value.yes), *sides(value.no)] if isinstance(value, Chosen) else [value]


def is_one(value: Value) -> bool:
    """Tells whether a value is an array, or may be, for a caller who knows more."""
    return isinstance(value, Array | Chosen)


def optional(test: Term | None, yes: Value, no: Value) -> Value:
    """Returns what is an array on one path and None on the other."""
    pairs = ((yes, no), (no, yes))
    return chosen(test, yes, no) if any(is_one(a) and b == _NONE for a, b in pairs) else None


def known(value: Value, test: Term, *, holds: bool) -> Value:
    """Returns a value where the answer to a test is known."""
    if not isinstance(value, Chosen):
        return value
    if value.test == test:
        return known(value.yes if holds else value.no, test, holds=holds)
    return Chosen(value.test, known(value.yes, test, holds=holds), known(value.no, test, holds=holds))


def where(test: Value, values: Mapping[str, Value], *, holds: bool) -> dict[str, Value]:
    """Returns what a test says of values that are there on one side of it and None on the other."""
    if not isinstance(test, Term):
        return {}
    asked = straight(test)
    if (denied := _denied(asked)) is not None:
        asked, holds = denied, not holds
    return {
        name: known(value, asked, holds=holds)
        for name, value in values.items()
        if isinstance(value, Chosen) and value.test == asked and _NONE in (value.yes, value.no)
    }


def is_none(value: Value) -> Term | None:
    """Returns when a value is None, where fields alone say so."""
    if not isinstance(value, Chosen):
        return None
    for one, other, test in (
        (value.yes, value.no, value.test),
        (value.no, value.yes, Term(Kind.NOT, "not", (value.test,))),
    ):
        if one == _NONE and isinstance(other, Array) and other.is_there:
            return test
    return None
