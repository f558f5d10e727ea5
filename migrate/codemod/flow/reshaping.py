"""The shape that `reshape` gives, with what stands for the axis -1."""

from collections.abc import Sequence

from .arrays import product
from .terms import Kind, Size, Term, const, op
from .values import Array, Value

_Axes = list[Term | None]


def _all_behind(
    array: Array | None, before: Sequence[Term | None], after: Sequence[Term | None]
) -> Term | None:
    """`x.reshape(x.shape[0], -1)` of an argument of unknown rank: all axes but the first, as one size.

    So is the last of `x.reshape(x.shape[0], 4, 4, -1)`, of which numbers take their part.
    """
    if array is None or any(size is None or size.number is None for size in before[1:]):
        return None
    start = min(len(before), 1)
    total, new = behind(array, start), product([*before[start:], *after])
    if [array.at(k) for k in range(start)] != list(before[:start]) or total is None or new is None:
        return None
    return op("//", total, new)


def behind(array: Array, start: int) -> Term | None:
    """Returns the product of all axes from number `start` on, where it can be told."""
    if array.axes is not None:
        return product(array.whole().tail[start:])
    if array.argument is None or array.cut or array.tail:
        return None
    return Term(Kind.DIM, Size(*array.argument, start, many=True))


def reshaped(
    array: Array | None, lead: Array | None, sizes: Sequence[Value], own: bool = False, kept: int = 0
) -> Array | None:
    """Returns the shape that `reshape` is given, `lead` in front; the axis -1 is computed where it can be.

    `own` says that `lead` is of this very array, whatever else is known of it, `kept` that so many axes stay in front.
    """
    axes = [s if isinstance(s, Term) else None for s in sizes]
    free = [i for i, a in enumerate(axes) if a == const(-1)]
    if free:
        (at,) = free[:1]
        axes[at] = _rest(array, lead, axes[:at], axes[at + 1 :], own, kept)
    return (lead or Array(None, 0, (), 0)).ending(*axes)


def _rest(
    array: Array | None,
    lead: Array | None,
    before: Sequence[Term | None],
    after: Sequence[Term | None],
    own: bool,
    kept: int,
) -> Term | None:
    """What is left for the free axis: the array's axes without those that stay, divided by those that are new."""
    found = _behind(array, lead, own)
    if found is None:
        return _all_behind(array, before, after) if lead is None else None
    whole, one, two = found[0], [*found[1], *before], list(after)
    if array is not None and array.axes is not None:
        whole, one = whole[kept:], one[kept:]
    while whole and one and whole[0] is not None and whole[0] == one[0]:
        whole, one = whole[1:], one[1:]
    while whole and two and whole[-1] is not None and whole[-1] == two[-1]:
        whole, two = whole[:-1], two[:-1]
    total, new = product(whole), product([*one, *two])
    return None if total is None or new is None else op("//", total, new)


def _in_front(lead: Array) -> Term | None:
    """What `x.reshape((-1, *x.shape[-3:]))` has as its first size, of the axes of x that are in front of these."""
    whole = Array(lead.argument) if lead.argument is not None else None
    total = behind(whole, 0) if whole is not None else None
    rest = product([whole.at(k) for k in range(-lead.cut, 0)]) if whole is not None else None
    return op("//", total, rest) if total is not None and rest is not None else None


def _behind(array: Array | None, lead: Array | None, own: bool) -> tuple[_Axes, _Axes] | None:
    """The axes of `array` and of `lead` that follow those leading ones that are sure to be the same."""
    if array is None:
        return None
    if array.axes is not None and (lead is None or lead.axes is not None):
        return list(array.whole().tail), list(lead.whole().tail) if lead is not None else []
    if lead is not None and lead.axes is None and array.axes is not None and not lead.tail:
        whole = list(array.whole().tail)
        return (whole[1:], []) if whole and whole[0] is not None and whole[0] == _in_front(lead) else None
    if lead is None or lead.root != array.root or lead.root is None:
        return None
    if lead.argument is None and not own:
        return None
    bare = array.dropped(len(array.tail) + max(lead.cut - array.cut, 0))
    if bare is None or bare.cut != lead.cut:
        return None
    rest = [array.at(k) for k in range(-len(array.tail) - lead.cut + array.cut, 0)]
    return rest, list(lead.tail)
