"""Elementwise operations, on the axes they really run along: a broadcast or transpose goes outside of them.

Exact, since each element of the result is computed from the same elements by the same operation.
"""

from collections.abc import Sequence
from typing import Any

from .layout import lift
from .terms import Shape, Table, Value

# a op b is b op a in every bit, up to which NaN comes back of two. Not max and min: of 0.0 and -0.0 either may.
COMMUTATIVE = frozenset({"add", "mul", "and", "or", "xor", "eq", "ne"})
UNORDERED = frozenset(
    {"sum", "product"}
)  # of any number of operands; see `reassociate`, max and min too there


def elementwise(
    table: Table, op: str, params: Any, operands: Sequence[Value], shape: Shape, dtype: str
) -> Value:
    """Returns `op` of operands that have `shape`, or are scalars."""
    lifted = tuple(lift(operand, shape) for operand in operands)
    if op in UNORDERED or (table.real and op in ("max", "min")):
        lifted = tuple(sorted(lifted, key=lambda v: (v.term, [_sortable(axis) for axis in v.axes])))
    orders = (lifted, lifted[::-1]) if op in COMMUTATIVE else (lifted,)
    inner, axes = min((_inside(order) for order in orders), key=lambda found: found[0])
    small = tuple(shape[axis] for axis in axes)
    inside = (Value(term, tuple(None if a < 0 else a for a in own), small) for term, own in inner)
    made = table.make(op, params, inside, small, dtype)
    places = {axis: place for place, axis in enumerate(axes)}
    return Value(made.term, tuple(places.get(axis) for axis in range(len(shape))), shape)


Inside = tuple[tuple[int, tuple[int, ...]], ...]  # terms and their axes, -1 for None: so they can be sorted


def _inside(operands: Sequence[Value]) -> tuple[Inside, list[int]]:
    """Returns what identifies the operands, and the axes that any of them runs along, in an order of theirs."""
    axes: list[int] = []
    for operand in operands:
        own = sorted((inner, outer) for outer, inner in enumerate(operand.axes) if inner is not None)
        axes += [outer for _, outer in own if outer not in axes]
    return tuple((o.term, tuple(_sortable(o.axes[i]) for i in axes)) for o in operands), axes


def _sortable(axis: int | None) -> int:
    return -1 if axis is None else axis
