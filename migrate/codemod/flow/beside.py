"""What stands beside images: a batch of vectors, `h + t[:, None, None, :]`, leaves the axes of h as they are."""

from dataclasses import replace

from .arrays import Assume
from .ranks import ranks_of
from .terms import Kind, Term, const
from .values import Array, Root

_VECTORS = 2  # axes: a batch, and the features
_FEWEST = 3  # axes of what they are spread over


def beside(left: Array, right: Array, last: Term | None) -> Array | None:
    """Returns the shape of an operator between images and a batch of vectors with new axes; None for anything else.

    Nothing is spelled with the axes in front of the last: an image of 1 x 1, or the one of a batch, may be widened.
    """
    for images, vectors in ((left, right), (right, left)):
        count = _axes(images)
        taken = _taken(vectors, count) if count >= _FEWEST and last is not None else None
        if taken is not None:
            whole = images.spelled(count)
            lead = tuple(t and _kept(t, taken) for t in whole.tail[:-1])
            return replace(whole, tail=(*lead, last), rank=None, batched=False)
    return None


def first_of_both(own: Term | None, other: Array, count: int) -> Term | None:
    """The batch of images, beside an array of as many axes that has length 1 along those between it and the last."""
    between = other.whole().tail[1:-1] if other.axes == count >= _FEWEST else ()
    return _kept(own, frozenset()) if own is not None and {*between} == {const(1)} else None


def fitting_kept(left: Term, right: Term) -> Term | None:
    """The size of two axes, one of which may have been widened: the other is not, where it is as long as that was."""
    bare = {_bare(left), _bare(right)}
    return _kept(left, _assumptions(right)) if len(bare) == 1 else None


def is_kept(size: Term | None) -> bool:
    return size is not None and any(term.kind is Kind.BESIDE for term in size.walk())


def as_they_were(array: Array, assume: Assume) -> Array | None:
    """Returns it with the axes that were there before; what stood beside is taken to have so many as `assume` notes."""
    taken = {pair for size in array.tail if size is not None for pair in _assumptions(size)}
    if not all(assume(Array(root), count, exactly=True) for root, count in sorted(taken)):
        return None
    return replace(array, tail=tuple(size and _bare(size) for size in array.tail))


def _axes(array: Array) -> int:
    """How many axes images have: as many as a convolution reads, also behind what stood beside them before."""
    if array.axes is not None:
        return array.axes
    return len(array.tail) if array.tail and is_kept(array.tail[0]) else 0


def _taken(array: Array, count: int) -> frozenset[tuple[Root, int]] | None:
    """The argument that vectors come from, which has `count` axes with the new ones, with how many it has itself.

    Its own last axis is the last one: `t[:, None, None]` leaves it behind the new ones, `t[:, :, None, None]` does not.
    """
    ranks = ranks_of(array)
    taken = {
        (r.root, count - r.more) for r in ranks if r.root is not None and 1 <= count - r.more <= _VECTORS
    }
    new = array.axes is None and all(rank.more > 0 for rank in ranks)
    behind = array.at(-1) is not None or len(array.tail) < count
    return frozenset(taken) if new and behind and len(taken) == len(ranks) == 1 else None


def _kept(size: Term, taken: frozenset[tuple[Root, int]]) -> Term:
    return Term(Kind.BESIDE, taken | _assumptions(size), (_bare(size),))


def _assumptions(size: Term) -> frozenset[tuple[Root, int]]:
    found = [term.value for term in size.walk() if term.kind is Kind.BESIDE]
    return frozenset().union(*found)


def _bare(size: Term) -> Term:
    if size.kind is Kind.BESIDE:
        return _bare(size.parts[0])
    return replace(size, parts=tuple(map(_bare, size.parts)))
