"""Shapes of what an index takes from an array, a shape or a tuple."""

import ast
from collections.abc import Callable

from .terms import Kind, Term, const, op
from .values import Array, Items, Shape, Value


def indexed(array: Array, index: ast.expr, value: Callable[[ast.expr], Value]) -> Value:
    """Returns the shape of `x[..., 0]`, `x[:, None]` and the like; None for an index that is an array."""
    items = list(index.elts) if isinstance(index, ast.Tuple) else [index]
    split = next((i for i, e in enumerate(items) if _is_ellipsis(e)), None)
    if split is None:
        taken = sum(not _is_none(e) for e in items)
        if array.axes is None or taken > array.axes:
            return _all_kept(array, items)
        items += [ast.Slice()] * (array.axes - taken)
    elif items[:split] and array.axes is None:
        if not all(_is_whole(e) or _is_none(e) for e in items[:split]):
            return None
        items = items[split + 1 :]
    else:
        known = array.axes or 0
        middle = known - sum(not _is_none(e) for e in items) + 1
        items = [*items[:split], *([ast.Slice()] * max(middle, 0)), *items[split + 1 :]]
    return _apply(array, items, value)


def _all_kept(array: Array, items: list[ast.expr]) -> Value:
    """Whole axes, or new ones, in front of an array of unknown rank leave its last axes alone."""
    return None if any(not (_is_whole(e) or _is_none(e)) for e in items) else _unranked(array, items)


def _unranked(array: Array, items: list[ast.expr]) -> Value:
    return array if not any(_is_none(e) for e in items) else None


def _apply(array: Array, items: list[ast.expr], value: Callable[[ast.expr], Value]) -> Value:
    count = sum(not _is_none(e) for e in items)
    whole = array.spelled(count)
    bare = whole.dropped(count)
    if bare is None:
        return None
    sizes = iter(whole.tail[len(whole.tail) - count :])
    tail: list[Term | None] = []
    for item in items:
        if _is_none(item):
            tail.append(const(1))
            continue
        size = next(sizes)
        if isinstance(item, ast.Slice):
            tail.append(size if _is_whole(item) else _sliced(size, item, value))
        elif not isinstance(value(item), Term):
            return None
    return bare.ending(*tail)


def _sliced(size: Term | None, item: ast.Slice, value: Callable[[ast.expr], Value]) -> Term | None:
    """`[:n]` has n elements, `[n:]` the others; other slices are not followed."""
    if item.step is not None or (item.lower is not None and item.upper is not None):
        return None
    edge = value(item.upper if item.upper is not None else item.lower)  # type: ignore[arg-type]
    if not isinstance(edge, Term):
        return None
    number = edge.number
    if edge.kind is Kind.NOT or (number is not None and number < 0):
        if number is None or size is None or item.lower is not None:
            return const(-number) if number is not None and item.lower is not None else None
        return op("-", size, const(-number))
    if item.upper is not None:
        return edge
    return None if size is None else op("-", size, edge)


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_whole(node: ast.expr) -> bool:
    return isinstance(node, ast.Slice) and node.lower is None and node.upper is None and node.step is None


def item_of(value: Items, index: ast.expr) -> Value:
    """Returns the item of a tuple at a literal index."""
    try:
        at = ast.literal_eval(index)
        return value.items[at] if isinstance(at, int) else None
    except (ValueError, TypeError, IndexError):
        return None


def leading(shape: Shape, index: ast.Slice) -> Value:
    """Returns `x.shape[:-2]`."""
    if index.lower is not None or index.step is not None or index.upper is None:
        return shape if index.upper is None and index.lower is None and index.step is None else None
    try:
        stop = ast.literal_eval(index.upper)
    except (ValueError, TypeError):
        return None
    if not isinstance(stop, int):
        return None
    if stop >= 0:
        if shape.array.axes is None:
            return None
        stop -= shape.array.axes
    rest = shape.array.dropped(-stop)
    return Shape(rest) if rest is not None else None
