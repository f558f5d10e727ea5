"""Shapes of what an index takes from an array, a shape or a tuple."""

import ast
from collections.abc import Callable
from typing import Any

from ..trees import is_none, is_whole
from .arrays import Assume, somewhere
from .ranks import any_of, longer, of_rank, ranks_of
from .terms import Kind, Term, const, op
from .values import SOMEWHERE, Array, Either, Items, Leading, Shape, Value

Reader = Callable[[ast.expr], Value]
_Item = tuple[ast.expr, Value]
_WHOLE: _Item = (ast.Slice(), None)


def indexed(array: Array, index: ast.expr, value: Reader, assume: Assume) -> Value:
    """Returns the shape of `x[..., 0]`, `x[:, None]` and the like."""
    nodes = list(index.elts) if isinstance(index, ast.Tuple) else [index]
    nodes = [ast.copy_location(ast.Constant(None), e) if is_new_axis(e) else e for e in nodes]
    items = [(e, None if isinstance(e, ast.Slice) or is_none(e) else value(e)) for e in nodes]
    if any(isinstance(found, Array) for _, found in items):
        if len(items) > 1 and all(_are_places(e) for e, _ in items):
            return somewhere(array.at(-1)) if assume(array, len(items) + 1) else None
        return _gathered(array, items, assume)
    split = next((i for i, e in enumerate(nodes) if _is_ellipsis(e)), None)
    taken = sum(not is_none(e) and not _is_ellipsis(e) for e in nodes)
    if array.axes is None:
        if split is not None:
            return _behind_dots(array, items[:split], items[split + 1 :], value)
        return _of_unknown_rank(array, items, assume)
    if taken > array.axes:
        return None
    rest = [_WHOLE] * (array.axes - taken)
    items = [*items, *rest] if split is None else [*items[:split], *rest, *items[split + 1 :]]
    return _apply(array, items, value)


def is_new_axis(node: ast.expr) -> bool:
    """`jnp.newaxis` is None."""
    return is_none(node) or (isinstance(node, ast.Attribute) and node.attr == "newaxis")


def axes_of_column(index: ast.expr) -> int:
    """Returns how many axes `t` has where `t[:, None]` puts a new one behind all of them; 0 for any other index."""
    match index:
        case ast.Tuple(elts=[*whole, last]) if whole and is_new_axis(last) and all(map(is_whole, whole)):
            return len(whole)
    return 0


def _of_unknown_rank(array: Array, items: list[_Item], assume: Assume) -> Value:
    """Whole axes leave an array alone; where some of its first axes go, the last is taken to be none of them.

    A new axis behind an unknown number of others might be the last one. An argument of which items are taken, such
    as `inputs[0]`, may as well be a tuple of arrays: one such item is an input of its own.
    """
    untouched = not array.cut and not array.tail and array.root != SOMEWHERE
    place = items[0][1].number if isinstance(items[0][1], Term) else None
    if array.untouched and len(items) == 1 and place is not None:
        return array.item(place)
    ranks = longer(ranks_of(array), len(items))
    if all(is_none(e) for e, _ in items) and array.at(-1) is None:
        return any_of(ranks) if ranks else None
    if all(is_none(e) for e, _ in items) and assume(array, 1):
        return of_rank(ranks, array.at(-1))
    if all(is_none(e) or is_whole(e) for e, _ in items) and is_whole(items[-1][0]):
        return of_rank(longer(ranks_of(array), sum(is_none(e) for e, _ in items)), array.at(-1))
    if all(is_none(e) or is_whole(e) for e, _ in items) and any(is_whole(e) for e, _ in items):
        return _with_new_axes(array, items)
    if any(is_none(e) for e, _ in items) or (untouched and not isinstance(items[0][0], ast.Slice)):
        return None
    last = items[-1][0]
    pixels = len(items) > 2 and all(is_whole(e) or (isinstance(e, ast.Slice) and e.step) for e, _ in items)
    if isinstance(last, ast.Slice) and not (is_whole(last) or pixels) and array.least < max(len(items), 3):
        # `x[:, :3]` of a batch of vectors takes a part of the last axis, `x[:, :3, :3]` of images does not, nor does
        # `x[:, 0::2, 0::2]`
        return None
    if not all(isinstance(e, ast.Slice) or _is_place(found) for e, found in items):
        return None
    if not is_whole(last) and not assume(array, len(items) + 1):
        return None
    gone = sum(not isinstance(e, ast.Slice) for e, _ in items)
    return of_rank(longer(ranks_of(array), -gone), array.at(-1))


def _with_new_axes(array: Array, items: list[_Item]) -> Array:
    """`t[:, None]`: which of the axes is the last one is not known, but how many there are at least."""
    ranks = longer(ranks_of(array), sum(is_none(e) for e, _ in items))
    return Array(Either(ranks) if ranks else SOMEWHERE, len(items), (None,) * len(items))


def _behind_dots(array: Array, front: list[_Item], back: list[_Item], value: Reader) -> Value:
    """What stands in front of the dots may change how many axes there are."""
    found = _apply(array, back, value)
    if found is None or all(is_whole(e) for e, _ in front):
        return found
    known = sum(isinstance(e, ast.Slice) or is_none(e) for e, _ in back)
    tail = found.tail[len(found.tail) - known :]
    return Array(SOMEWHERE).ending(*tail) if tail else somewhere(array.at(-1) if not back else None)


def _gathered(array: Array, items: list[_Item], assume: Assume) -> Value:
    """`table[ids]`: whatever the indices are, places or a mask, they leave the axes behind them alone.

    One argument at the places that are another, `nodes[senders]`, is taken to have an axis behind the first.
    """
    node, found = items[0]
    if len(items) != 1 or not isinstance(found, Array) or isinstance(node, ast.Compare):
        return None
    if array.axes is None:
        behind = array.at(-1) is not None and assume(array, 2)
        return somewhere(array.at(-1)) if behind and found.untouched else None
    behind = found.axes is None or found.axes < array.axes or array.axes == 2
    return somewhere(array.at(-1)) if array.axes > 1 and behind else None


def _are_places(node: ast.expr) -> bool:
    """`x[jnp.arange(n), scores.argmax(-1)]`: integers, each of which takes one axis."""
    named = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    return named and node.func.attr in ("arange", "argmax", "argmin")  # type: ignore[attr-defined]


def _apply(array: Array, items: list[_Item], value: Reader) -> Array | None:
    count = sum(not is_none(e) for e, _ in items)
    whole = array.spelled(count)
    bare = whole.dropped(count)
    if bare is None:
        return None
    sizes = iter(whole.tail[len(whole.tail) - count :])
    tail: list[Term | None] = []
    for item, found in items:
        if is_none(item):
            tail.append(const(1))
            continue
        size = next(sizes)
        if isinstance(item, ast.Slice):
            tail.append(size if is_whole(item) else _sliced(size, item, value))
        elif not _is_place(found):
            return None
    return bare.ending(*tail)


def _is_place(value: Value) -> bool:
    """Tells whether an index is a number: a field may hold a sequence of them, a text is the key of a dict."""
    if not isinstance(value, Term) or value.kind is Kind.CONST:
        return isinstance(value, Term) and value.number is not None
    return value.kind not in (Kind.FIELD, Kind.ATTRIBUTE, Kind.GLOBAL)


def _sliced(size: Term | None, item: ast.Slice, value: Reader) -> Term | None:
    """`[:n]` has n elements, `[n:]` the others, where it is not longer than the axis."""
    ends = [value(e) if e is not None else None for e in (item.lower, item.upper)]
    numbers = [e.number if isinstance(e, Term) else None for e in ends]
    lower, upper = numbers
    plain = all((e is None) == (n is None) for e, n in zip((item.lower, item.upper), numbers, strict=True))
    if item.step is not None:
        step = value(item.step)
        number = step.number if isinstance(step, Term) else None
        return _every(size, number, lower if plain and upper is None else -1)
    if plain and size is not None and size.number is not None:
        return const(len(range(size.number)[lower:upper]))
    if item.lower is None:
        return _first(size, ends[1])
    if item.upper is None:
        return _from(size, ends[0])
    if lower is None or upper is None or (lower < 0) != (upper < 0):
        return None
    return const(max(upper - lower, 0))


def _every(size: Term | None, step: int | None, start: int | None) -> Term | None:
    """`[::-1]` turns an axis round, `[::2]` takes every second element, `[1::2]` those between."""
    if size is None or not step or (start is not None and (start < 0 or step < 0)):
        return None
    if size.number is not None:
        return const(len(range(size.number)[start::step]))
    return op("//", op("+", size, const(abs(step) - 1 - (start or 0))), const(abs(step)))


def _first(size: Term | None, end: Value) -> Term | None:
    number = end.number if isinstance(end, Term) else None
    if not isinstance(end, Term) or end.kind is Kind.NOT:
        return None
    if number is not None and number < 0:
        return op("-", size, const(-number)) if size is not None else None
    return end


def _from(size: Term | None, start: Value) -> Term | None:
    number = start.number if isinstance(start, Term) else None
    if number is not None and number < 0:
        return const(-number)
    if not isinstance(start, Term) or start.kind is Kind.NOT or size is None:
        return None
    return op("-", size, start)


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def item_of(value: Items | Leading, index: ast.expr) -> Value:
    """Returns the item of a tuple at a literal index, or the items between two."""
    if isinstance(index, ast.Slice):
        return _between(value, index)
    try:
        at = ast.literal_eval(index)
        items = value.last if isinstance(value, Leading) and isinstance(at, int) and at < 0 else value.items
        return items[at] if isinstance(at, int) else None
    except (ValueError, TypeError, IndexError):
        return None


def _between(value: Items | Leading, index: ast.Slice) -> Value:
    try:
        lower, upper = (
            ast.literal_eval(end) if end is not None else None for end in (index.lower, index.upper)
        )
    except (ValueError, TypeError):
        return None
    literal = all(end is None or type(end) is int for end in (lower, upper))
    plain = literal and index.step is None and isinstance(value, Items)
    return Items(value.items[lower:upper]) if plain else None


def part(shape: Shape, index: ast.Slice, value: Reader, assume: Assume) -> Value:
    """Returns `x.shape[:-2]`, `x.shape[1:]` and the like."""
    lower, upper = _edge(index.lower, 0, value), _edge(index.upper, None, value)
    if index.step is not None or lower is _UNKNOWN or upper is _UNKNOWN:
        return None
    array = shape.array
    if array.axes is not None:
        axes = array.whole().tail[lower:upper]
        return Shape(Array(None, 0, axes, len(axes)))
    if lower == 0 and (upper is None or upper < 0):
        rest = array.dropped(-(upper or 0))
        return Shape(rest) if rest is not None else None
    ranks = longer(ranks_of(array), min(upper or 0, 0) - lower)
    to_the_end = lower > 0 and (upper is None or upper < 0)
    if to_the_end and ranks and all(r.root is not None or r.more >= 0 for r in ranks):
        return Shape(any_of(ranks))  # of which the last axis may be none, as far as is known
    named = _named(array, lower, upper)
    if named is None or assume(array, _reach(lower, upper)):
        return named
    return Shape(Array(SOMEWHERE))  # as many as there are


_UNKNOWN = "not a literal"


def _edge(node: ast.expr | None, default: Any, value: Reader) -> Any:
    if node is None:
        return default
    found = value(node)
    number = found.number if isinstance(found, Term) else None
    return _UNKNOWN if number is None else number


def _reach(lower: int, upper: int | None) -> int:
    """How many axes there have to be for both ends to lie inside."""
    return max(-lower, upper or 0)


def _named(array: Array, lower: int, upper: int | None) -> Value:
    """Axes of an array of unknown rank, all of them counted from one end."""
    if lower < 0 and (upper is None or upper < 0):
        places = list(range(lower, upper if upper is not None else 0))
    elif lower >= 0 and upper is not None and upper >= 0:
        places = list(range(lower, upper))
    else:
        return None
    axes = tuple(array.at(k) for k in places)
    return Shape(Array(None, 0, axes, len(axes)))
