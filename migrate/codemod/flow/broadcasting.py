"""Shapes of arrays against each other: operators, and products of matrices."""

from dataclasses import replace

from ..constructors import Attribute, item_path
from .arrays import Assume, agreed, dims, somewhere, varies
from .beside import beside, first_of_both, fitting_kept, is_kept
from .ranks import of_either, ranks_of
from .terms import Kind, Size, Term, const
from .values import SOMEWHERE, Array, Either, Opaque, Squeezed, Value


def broadcast(left: Array, right: Array) -> Array | None:
    """Returns the shape of `left + right`; an axis that is not sure is None."""
    if left == right:
        return left
    if left.root is None and right.root is not None:
        left, right = right, left
    if left.rank is not None and len(right.tail) > left.rank:
        left = left.whole()
    count = max(len(left.tail), len(right.tail))
    one, two = left.spelled(count), right.spelled(count)
    if two.root is not None and (one.root, one.cut) != (two.root, two.cut):
        return beside(left, right, fitting(left.at(-1), right.at(-1))) or _ends(one, two)
    mine = _sure(_padded(one, count), left, right.tail) if two.root is None else one.tail
    tail = tuple(fitting(a, b) for a, b in zip(mine, _padded(two, count), strict=True))
    return replace(one, tail=_with_batch(tail, left, right), rank=_rank(one, two))


def _with_batch(tail: tuple[Term | None, ...], left: Array, right: Array) -> tuple[Term | None, ...]:
    """Images and vectors that are known to have as many axes, `h * style.reshape(-1, 1, 1, c)`, share their batch."""
    if not tail or tail[0] is not None:
        return tail
    found = (first_of_both(one.at(-len(tail)), two, len(tail)) for one, two in ((left, right), (right, left)))
    return next((size for size in found if size is not None), None), *tail[1:]


def _sure(
    axes: tuple[Term | None, ...], array: Array, other: tuple[Term | None, ...]
) -> tuple[Term | None, ...]:
    """An array of unknown rank may have fewer axes than what it is added to, but those that this is made of."""
    if array.axes is not None:
        return axes
    read = [t.value for t in other if t is not None and t.kind is Kind.DIM and not t.value.many]
    own = [size.index + 1 for size in read if (size.method, size.array) == array.argument and size.index >= 0]
    sure: int = max(array.least, 1, *(count + len(array.tail) - array.cut for count in own))
    missing = len(axes) - sure
    return (None,) * missing + axes[max(missing, 0) :]


def _rank(left: Array, right: Array) -> int | None:
    if left.root == right.root and left.argument is not None:  # both have the leading axes of one array
        return left.rank if left.rank is not None else right.rank
    return None if left.axes is None or right.axes is None else max(left.axes, right.axes)


def _padded(array: Array, count: int) -> tuple[Term | None, ...]:
    return (const(1),) * (count - len(array.tail)) + array.tail


def _ends(left: Array, right: Array) -> Array | None:
    """Two arrays whose leading axes come from different places: the last axes may still be known."""
    if left.axes is not None and right.axes is not None:
        count = max(left.axes, right.axes)
        pairs = zip(_padded(left.whole(), count), _padded(right.whole(), count), strict=True)
        return Array(None, 0, tuple(fitting(a, b) for a, b in pairs), count)
    both = min(left.least, right.least)
    more = max(left.least, right.least) - both  # axes that are there, of sizes that the other may widen
    tail = (None,) * more + tuple(fitting(left.at(-k), right.at(-k)) for k in range(both, 0, -1))
    if (found := _of_longer(left, right, tail) or of_either(left, right, tail)) is not None:
        return found
    return Array(SOMEWHERE, len(tail), tail) if any(tail) else None


def _of_longer(left: Array, right: Array, tail: tuple[Term | None, ...]) -> Array | None:
    """`x + self.param("b", init, x.shape[1:])` has as many axes as x, whatever number that is."""
    both = [*ranks_of(left), *ranks_of(right)]
    alone = len(ranks_of(left)) == len(ranks_of(right)) == 1 and both[0].root == both[1].root
    longer = max(both, key=lambda rank: rank.more) if alone else None
    return Array(Either(frozenset({longer})), len(tail), tail) if longer is not None else None


def fitting(left: Term | None, right: Term | None) -> Term | None:
    """Returns the size of two axes against each other; None where either could be 1, and the other decides.

    A field is taken to be no 1 (layers of one feature are spelled with the number), and sizes that come from one
    argument are taken to be one size: what else would be added to it is of its shape.
    """
    if left == right:
        return left
    for one, other in ((left, right), (right, left)):
        if one is not None and one.number == 1:
            return other
        if one is not None and one.number is not None:
            return one
    fixed = [size for size in (left, right) if size is not None and not varies(size)]
    if len(fixed) == 1:
        return fixed[0]
    if len(fixed) == 2 and (own := [size for size in fixed if size.kind is not Kind.HELD]):
        return own[0] if len(own) == 1 else None
    if left is None or right is None:
        return None
    if is_kept(left) or is_kept(right):
        return fitting_kept(left, right)
    return agreed([left, right]) if _related(left, right) else _added(left, right)


def _added(left: Term, right: Term) -> Term | None:
    """The axis of one argument and that of another, which a layer that reads it takes to be one size."""
    for one, other in ((left, right), (right, left)):
        if one.kind is Kind.ADDED and other in one.parts:
            return one
    sizes = [size.value for size in (left, right) if size.kind is Kind.DIM and type(size.value) is Size]
    alike = len(sizes) == 2 and len({(s.method, s.index, s.many) for s in sizes}) == 1
    return Term(Kind.ADDED, None, (left, right)) if alike and sizes[0].index < 0 else None


def _related(left: Term, right: Term) -> bool:
    """Tells whether two sizes come from the same arguments, and are not two axes of one."""
    one, two = dims(left), dims(right)
    axes = left.kind is right.kind is Kind.DIM and (left.value.index < 0) == (right.value.index < 0)
    return bool(one) and one == two and not axes


def elementwise(left: Value, right: Value) -> Value:
    """Returns the shape of an operator between an array and something else."""
    if _is_attribute(left) != _is_attribute(right):  # `x * config.scale`, which may be a number as well
        left, right = (None if _is_attribute(side) else side for side in (left, right))
    if isinstance(left, Array) and isinstance(right, Array):
        found = broadcast(left, right) or somewhere(fitting(left.at(-1), right.at(-1)))
        return _with_last_of_one(found or of_either(left, right, ()), left, right)
    array, other = (left, right) if isinstance(left, Array) else (right, left)
    if isinstance(other, Squeezed) and isinstance(array, Array) and array.least:
        return broadcast(array, Array(None, 0, (other.size,), 1))  # beside an axis, 1 is as good as none
    if isinstance(other, Term | Opaque):
        return array
    # whatever it is, it widens the last axis only where that is the literal 1
    last = array.at(-1) if isinstance(array, Array) else None
    if other is not None or not isinstance(array, Array) or last is None or last.number == 1:
        return None
    count = max(array.least, 1)  # it adds axes, and takes none away
    return Array(SOMEWHERE, count, (None,) * (count - 1) + (last,))


def _with_last_of_one(found: Array | None, left: Array, right: Array) -> Array | None:
    """Beside an array of which no size is known, the other one has its last axis as beside anything unknown."""
    known = [array.at(-1) for array in (left, right) if not _is_blank(array)]
    if found is None or found.at(-1) is not None or len(known) != 1:
        return found
    last = known[0]
    return found.with_last(last) if last is not None and last.number != 1 else found


def _is_blank(array: Array) -> bool:
    return array.root is not None and array.argument is None and array.axes is None and not any(array.tail)


def _is_attribute(value: Value) -> bool:
    """Tells whether a value is what an argument has under a name, which need not be an array."""
    root = value.argument if isinstance(value, Array) and value.untouched else None
    return root is not None and any(isinstance(place, Attribute) for place in item_path(root[1])[1])


def matmul(left: Value, right: Value, assume: Assume) -> Value:
    """Returns the shape of `left @ right`; what is multiplied by an argument of any rank is taken to be no vector."""
    if not isinstance(left, Array) or not isinstance(right, Array):
        return None
    if right.axes == 1:
        return left.dropped(1)
    if right.axes == 2:
        return left.with_last(right.at(-1))
    if right.least < 2 and not assume(right, 2):
        return None
    if left.axes == 1:
        bare = right.dropped(2)
        return bare.ending(right.at(-1)) if bare is not None else None
    ranks = ranks_of(left)
    alike = bool(ranks) and ranks <= ranks_of(right)  # no vector either
    if left.least < 2 and not alike and not assume(left, 2):
        return somewhere(right.at(-1))
    one, two = left.dropped(2), right.dropped(2)
    lead = broadcast(one, two) if one is not None and two is not None else None
    return (lead or Array(SOMEWHERE)).ending(left.at(-2), right.at(-1))
