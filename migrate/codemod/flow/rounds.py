"""Shapes inside and outside of a vmap or a scan."""

from collections.abc import Sequence
from dataclasses import replace

from ..iterations import Axis, Iteration
from . import arrays
from .ranks import longer, of_rank, ranks_of
from .terms import Term
from .values import SOMEWHERE, Array, Either, Items, Use, Value


def inside(iteration: Iteration, use: Use, assume: arrays.Assume) -> Use:
    """Returns the call that each round makes."""
    carried = 1 if iteration.carries else 0
    args = list(use.args[:carried])
    for place, value in enumerate(use.args[carried:]):
        known = not isinstance(iteration.axes, tuple) or place < len(iteration.axes)
        args.append(taken(value, iteration.axis(place), assume) if known else None)
    return replace(use, args=tuple(args), keywords=dict.fromkeys(use.keywords))


def outside(iteration: Iteration, use: Use, output: Value, rounds: Term | None) -> Value:
    """Returns what all rounds together give: of a scan the carry, which keeps its shape, and the rest put together."""
    if not iteration.carries:
        return together(output, iteration.out, rounds)
    rest = output.items[1] if isinstance(output, Items) and len(output.items) == 2 else None
    return Items((use.args[0] if use.args else None, together(rest, iteration.out, rounds)))


def taken(value: Value, axis: Axis, assume: arrays.Assume) -> Value:
    """Returns what one round gets of a value that is taken apart along an axis."""
    if axis is None:
        return value
    if isinstance(value, Items):
        return Items(tuple(taken(item, axis, assume) for item in value.items))
    return _without(value, axis, assume) if isinstance(value, Array) else None


def _without(array: Array, axis: int, assume: arrays.Assume) -> Array | None:
    """An axis at the front of an array of unknown rank leaves what is known of its last axis."""
    if axis < 0 or array.axes is not None:
        return arrays.reduced(array, [axis], False, assume)
    return of_rank(longer(ranks_of(array), -1), array.at(-1))


def together(value: Value, axis: int, rounds: Term | None) -> Value:
    """Returns the results of all rounds along a new axis."""
    if isinstance(value, Items):
        return Items(tuple(together(item, axis, rounds) for item in value.items))
    return _with(value, axis, rounds) if isinstance(value, Array) else None


def _with(array: Array, axis: int, rounds: Term | None) -> Array | None:
    array = array.whole()
    if array.root is None and 0 <= axis <= len(array.tail):
        tail: Sequence[Term | None] = (*array.tail[:axis], rounds, *array.tail[axis:])
        return Array(None, 0, tuple(tail), len(tail))
    behind = array.tail if axis == 0 and array.tail else (array.at(-1),)
    if axis < 0 or behind == (None,):  # else the rounds stand in front of the last axis, as time does
        return None
    if array.rank is not None:
        return Array(SOMEWHERE, len(behind), behind, array.rank + 1)
    ranks = longer(ranks_of(array), 1)
    return Array(Either(ranks) if ranks else SOMEWHERE, len(behind), behind)
