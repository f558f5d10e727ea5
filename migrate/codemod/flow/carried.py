"""Values that a loop changes: a size that does becomes a phi."""

import ast
from dataclasses import replace
from itertools import dropwhile

from .courses import Course
from .filled import many
from .found import Flow, Phi, holds_anywhere
from .pushed import pushed
from .ranks import one_of
from .terms import Kind, Term, choice
from .values import SOMEWHERE, Array, Items, Many, Ranks, Stack, Value


def carried(
    flow: Flow, loop: ast.For, course: Course | None, name: str, before: Value, after: Value, assumed: Ranks
) -> Value:
    """What a variable is at the start of any round: a size that changes becomes a phi.

    The arguments have so many axes at least as they are `assumed` to have.
    """
    if before == after:
        return before
    if isinstance(before, Term) and isinstance(after, Term):
        return _phi(flow, loop, name, 0, before, after)
    if _is_number(before) and isinstance(after, Array):
        return after  # `total = 0.0` that a sum starts from has a shape as soon as there is a round
    if isinstance(after, Items | Many | Stack):
        return pushed(course, before, after) or many(before, after)
    if not isinstance(before, Array) or not isinstance(after, Array):
        return None
    count = max(len(before.tail), len(after.tail))
    one, two = before.spelled(count), after.spelled(count)
    if (one.root, one.cut, len(one.tail)) != (two.root, two.cut, len(two.tail)):
        last = _axis(flow, loop, name, 1, before.at(-1), after.at(-1))
        count = max(1, min(_least(before, assumed), _least(after, assumed)))
        others = tuple(_same(before.at(-k), after.at(-k)) for k in range(count, 1, -1))
        alike = tuple(dropwhile(lambda axis: axis is None, others))
        somewhere = Array(SOMEWHERE, count, (*others, last))
        return None if last is None else one_of(before, after, (*alike, last)) or somewhere
    pairs = enumerate(zip(one.tail, two.tail, strict=True))
    tail = tuple(_axis(flow, loop, name, len(one.tail) - i, a, b) for i, (a, b) in pairs)
    # both have the leading axes of one root, so that they have as many as either is known to have
    known = one if one.rank is not None else two
    return replace(known, tail=tail)


def _same(before: Term | None, after: Term | None) -> Term | None:
    return before if before == after else None


def _least(array: Array, assumed: Ranks) -> int:
    of_argument = 0 if array.argument is None else assumed.get(array.argument, 0)
    return max(array.least, of_argument + len(array.tail) - array.cut)


def _is_number(value: Value) -> bool:
    return isinstance(value, Term) and value.kind is Kind.CONST and type(value.value) in (int, float)


def _axis(
    flow: Flow, loop: ast.For, name: str, axis: int, before: Term | None, after: Term | None
) -> Term | None:
    return before if before == after else _phi(flow, loop, name, axis, before, after)


def _phi(
    flow: Flow, loop: ast.For, name: str, axis: int, before: Term | None, after: Term | None
) -> Term | None:
    key = (loop.lineno * 1000 + loop.col_offset, name, axis)
    mine = Term(Kind.PHI, key)
    known = flow.phis.get(key)
    if known is not None and flow.origin(known.loop) is not flow.origin(loop):
        return None  # of a base in another file
    entry = known.entry if before == mine and known is not None else before
    if entry is None or after is None:
        return None
    flow.phis[key] = Phi(loop, name, entry, None if after == mine else _lasting(after, mine, entry))
    return mine


def _lasting(after: Term, mine: Term, entry: Term) -> Term:
    """A round that leaves the size alone where fields say so does that each time: `n if c else` what came in."""
    if after.kind is not Kind.CHOICE:
        return after
    test, size, otherwise = after.parts
    stays = otherwise == mine and holds_anywhere(test) and holds_anywhere(size)
    return choice(test, size, entry) if stays else after
