"""What expressions were seen to give, and which axes of their parts, or expressions of fields, that is in all runs."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..flow.terms import Term
from ..flow.values import SOMEWHERE, Array, Value
from .explain import Owner, explain
from .records import Dims, Facts, Span, TracedCall, TracedValue

READ = (ast.Call, ast.BinOp, ast.Subscript)
"""Expressions of which the values are recorded."""


@dataclass(frozen=True, eq=False)
class Part:
    """An array that an expression is made of: what is known of it, and its shape in each of the runs."""

    array: Array
    shapes: tuple[Dims, ...]


def told_by_runs(node: ast.expr, span: Span, facts: Facts, owner: Owner, known: Mapping[ast.AST, Value],
                 *, again: bool) -> Array | None:  # fmt: skip
    """Returns the array that `node` gave in all of the runs, as far as these explain it; `known` are its parts.

    With `again` it stands in a loop: fields that explain one round need not explain the next.
    """
    seen = facts.values_at(span)
    shapes = tuple(value.dims for value in seen if value.dims is not None)
    if not shapes or len(shapes) < len(seen):
        return None
    parts = [*_parts(node, span[0], facts, seen, known)]
    kept = [part.array for part in parts if part.shapes == shapes and _tells_apart(shapes)]
    if kept and all(array == kept[0] for array in kept):
        return kept[0]
    calls = () if again else tuple(_call(value) for value in seen)
    axes: list[Term] = []
    for index in range(1, min(map(len, shapes)) + 1):
        axis = _axis(tuple(dims[-index] for dims in shapes), parts, calls, owner)
        if axis is None:
            break
        axes.insert(0, axis)
    bare = Array(SOMEWHERE).spelled(len(axes)).dropped(len(axes))
    return bare.ending(*axes) if axes and bare is not None else None


def _parts(
    node: ast.expr, path: str, facts: Facts, seen: Sequence[TracedValue], known: Mapping[ast.AST, Value]
) -> Iterator[Part]:
    for part in _children(node):
        array, at = known.get(part), facts.span_of(path, part)
        shapes = [value.parts.get(at) for value in seen]
        there = tuple(dims for dims in shapes if dims is not None)
        if isinstance(array, Array) and len(there) == len(seen):
            yield Part(array, there)


def _children(node: ast.expr) -> Iterator[ast.expr]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.keyword):
            yield child.value
        elif isinstance(child, ast.Attribute):  # the receiver of a method
            yield child.value if isinstance(node, ast.Call) and child is node.func else child
        elif isinstance(child, ast.expr):
            yield child


def _tells_apart(shapes: Sequence[Dims]) -> bool:
    """Tells whether no two axes are alike in all of the runs, and each that is not one has changed."""
    if len({len(dims) for dims in shapes}) > 1:
        return len({dims[-1:] for dims in shapes}) > 1 and all(len(set(dims)) == len(dims) for dims in shapes)
    columns = [*zip(*shapes, strict=True)]
    moves = all(len(set(column)) > 1 or set(column) == {1} for column in columns)
    return moves and len(set(columns)) == len(columns) and any(len(set(column)) > 1 for column in columns)


def _axis(seen: Dims, parts: Sequence[Part], calls: Sequence[TracedCall], owner: Owner) -> Term | None:
    """The one axis of a part that it was in all of the runs; else the one expression of what the class knows."""
    if len(set(seen)) < 2:
        return None
    found = [*_like(seen, parts)]
    if found:
        return found[0] if all(term == found[0] for term in found) else None
    return explain(seen, calls, owner, {}) if calls else None


def _like(seen: Dims, parts: Sequence[Part]) -> Iterator[Term | None]:
    for part in parts:
        for index in range(1, min(map(len, part.shapes)) + 1):
            if tuple(dims[-index] for dims in part.shapes) == seen:
                yield part.array.at(-index)


def _call(value: TracedValue) -> TracedCall:
    """Stands for a call in the method in which the value was seen."""
    above: Any = value.above
    return TracedCall(above.module, "", None, above, (), {}, ())
