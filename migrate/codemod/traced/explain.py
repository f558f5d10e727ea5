"""An expression for numbers that were seen: of fields and sizes that the constructor knows, and only if one will do."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from ..flow.terms import Kind, Size, Term, const, op
from ..flow.values import Value
from .evaluate import evaluate
from .records import TracedCall

LARGEST = 16
"""The largest factor of an expression; a larger one is more likely a size of its own."""

Column = tuple[int, ...]
"""What something was in each of the calls."""


_OF_FIELDS = frozenset({Kind.FIELD, Kind.ATTRIBUTE, Kind.ITEM})
"""What the fields of a class say as it is: a model whose input is as wide as they say says so twice.

With a factor it is another thing: 5 may be the number, or how long a sequence was.
"""


class Owner(NamedTuple):
    """What the constructor of a class knows: its fields and the arguments of its methods."""

    fields: Collection[str]
    arguments: Collection[tuple[str, str]]


def explain(
    seen: Column,
    calls: Sequence[TracedCall],
    owner: Owner,
    env: Mapping[str, Value],
    given: Iterable[Value] = (),
) -> Term | None:
    """Returns the expression that gives all of `seen` in the calls that built a module, in the simplest form.

    None unless there is exactly one, or one that is a field, and everything in it had two values at least.
    `env` has the locals there, `given` are the arguments of the module: `Block(in_channels=a + b)` may say itself what
    it will be called with.
    """
    if len(set(seen)) < 2:
        return None
    terms = [*_terms(calls[0], owner)]
    known = dict(_columns(calls, (*terms, *_of_rounds(terms, env), *env.values())))
    own = dict(_columns(calls, given))
    moving = {term: column for term, column in known.items() if len(set(column)) > 1}
    for candidates in (
        _same(seen, moving),
        _same(seen, own),
        _scaled(seen, moving, known),
        _of_two(seen, moving),
    ):
        found = [*candidates]
        if found:
            chosen = found if len(found) == 1 else [term for term in found if term.kind in _OF_FIELDS]
            return chosen[0] if len(chosen) == 1 else None
    return None


def _same(seen: Column, moving: Mapping[Term, Column]) -> Iterator[Term]:
    yield from (term for term, column in moving.items() if column == seen)


def _scaled(seen: Column, moving: Mapping[Term, Column], known: Mapping[Term, Column]) -> Iterator[Term]:
    """A number, or what was that number in every call: then it is not known which of them it is."""
    fixed = [(term, column[0]) for term, column in known.items() if term not in moving]
    for term, column in moving.items():
        for number in range(2, LARGEST + 1):
            factors = [const(number), *(other for other, value in fixed if value == number)]
            if all(s == c * number for s, c in zip(seen, column, strict=True)):
                yield from (op("*", term, factor) for factor in factors)
            if all(s == c // number for s, c in zip(seen, column, strict=True)):
                yield from (op("//", term, factor) for factor in factors)


def _of_two(seen: Column, moving: Mapping[Term, Column]) -> Iterator[Term]:
    items = [*moving.items()]
    for i, (left, a) in enumerate(items):
        for right, b in items[i + 1 :]:
            if all(s == x + y for s, x, y in zip(seen, a, b, strict=True)):
                yield op("+", left, right)
            if all(s == x * y for s, x, y in zip(seen, a, b, strict=True)):
                yield op("*", left, right)
            for first, second, x, y in ((left, right, a, b), (right, left, b, a)):
                if all(n > 0 and s == m // n for s, m, n in zip(seen, x, y, strict=True)):
                    yield op("//", first, second)


def _columns(calls: Sequence[TracedCall], values: Iterable[Value]) -> Iterator[tuple[Term, Column]]:
    """Yields what a constructor could spell, with what it was in each of the calls."""
    for term in dict.fromkeys(value for value in values if isinstance(value, Term)):
        column = tuple(evaluate(term, call) for call in calls)
        if term.kind is not Kind.CONST and all(type(value) is int for value in column):
            yield term, column


def _terms(call: TracedCall, owner: Owner) -> Iterator[Term]:
    above = call.owner
    if above is None:
        return
    for name, value in above.module.fields.items():
        if name in owner.fields:
            yield from _inside(Term(Kind.FIELD, name), value)
    for (method, name), dims in above.shapes.items():
        if method == above.outermost and (method, name) in owner.arguments:
            yield from (Term(Kind.DIM, Size(method, name, -k)) for k in range(1, len(dims) + 1))


def _of_rounds(terms: Iterable[Term], env: Mapping[str, Value]) -> Iterator[Term]:
    """`self.features[i]`, and the item before or behind it, for the counter of a loop."""
    lists = dict.fromkeys(term.parts[0] for term in terms if term.kind is Kind.ITEM)
    counters = [v for v in env.values() if isinstance(v, Term) and v.kind is Kind.LOCAL]
    for whole, counter in product(lists, counters):
        yield from (Term(Kind.ITEM, None, (whole, op("+", counter, const(by)))) for by in (0, 1))
        yield Term(Kind.ITEM, None, (whole, op("-", counter, const(1))))


def _inside(term: Term, value: Any) -> Iterator[Term]:
    match value:
        case int():
            yield term
        case list():  # the last of all may be so by its number, or because it is the last
            yield from (Term(Kind.ITEM, None, (term, const(k))) for k in (*range(len(value)), -1))
        case {"attributes": dict(found)}:
            for name, inner in found.items():
                yield from _inside(Term(Kind.ATTRIBUTE, name, (term,)), inner)
