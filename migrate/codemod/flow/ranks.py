"""How many axes an array has, where it is one argument on one path and another, or a result, on the other."""

from collections.abc import Sequence
from dataclasses import replace

from .terms import Term
from .values import SOMEWHERE, Array, Either, Rank


def ranks_of(array: Array) -> frozenset[Rank]:
    """Returns what the number of axes of an array can be; nothing where that is not known."""
    if array.axes is not None:
        return frozenset({Rank(None, array.axes)})
    more = len(array.tail) - array.cut
    if isinstance(array.root, Either):
        return longer(array.root.ranks, more)
    return frozenset() if array.argument is None else frozenset({Rank(array.argument, more)})


def longer(ranks: frozenset[Rank], more: int) -> frozenset[Rank]:
    return frozenset(replace(rank, more=rank.more + more) for rank in ranks)


def any_of(ranks: frozenset[Rank]) -> Array:
    """Returns an array of which no more is known than how many axes it may have."""
    number = next(iter(ranks)).more if all(rank.root is None for rank in ranks) and len(ranks) == 1 else None
    return Array(Either(ranks)) if number is None else Array(None, 0, (None,) * number, number)


def of_rank(ranks: frozenset[Rank], last: Term | None) -> Array | None:
    """Returns an array of which the last axis is known, and how many there are as far as that is."""
    if last is None:
        return None
    return Array(Either(ranks), 1, (last,)) if ranks else Array(SOMEWHERE, 1, (last,))


def of_either(left: Array, right: Array, tail: Sequence[Term | None]) -> Array | None:
    """Returns an array that has as many axes as one of the two, of which the last are `tail`."""
    one, two = ranks_of(left), ranks_of(right)
    number = left.axes
    if number is not None and number == right.axes and len(tail) <= number:
        return Array(None, 0, (*[None] * (number - len(tail)), *tail), number)
    return Array(Either(one | two), len(tail), tuple(tail)) if one and two else None


def is_wider(array: Array, other: Array) -> bool:
    """Tells whether it has as many axes as the other one at least, whatever they are; what is no number has one."""
    least = max(array.least, 1)
    pairs = [(one, two) for one in ranks_of(array) for two in ranks_of(other)]
    return bool(pairs) and all(
        two.more <= one.more if one.root == two.root else two.root is None and two.more <= least
        for one, two in pairs
    )


def one_of(left: Array, right: Array, tail: Sequence[Term | None]) -> Array | None:
    """Returns an array that is one of the two, of which the last axes are `tail`; it may be None where they may."""
    found = of_either(left, right, tail)
    return found and replace(found, skipped=not (left.is_there and right.is_there))
