"""Slices and concatenations: which part of what an array shows. All of it is exact."""

from collections.abc import Sequence
from typing import Any

from .layout import broadcast, squeeze, take_axes, transpose
from .normal_form import Equation, NormalForm
from .terms import Shape, Table, Value, is_one

CONCATENATE = "concatenate"


def slice_rule(nf: NormalForm, eqn: Equation, operands: Sequence[Value]) -> list[Value]:
    """Returns `lax.slice`."""
    params = eqn.params
    limits, strides = params["limit_indices"], params["strides"]
    return [sliced(nf.table, operands[0], params["start_indices"], limits, strides, eqn.outs[0].shape)]


def split_rule(nf: NormalForm, eqn: Equation, operands: Sequence[Value]) -> list[Value]:
    """Returns `lax.split`: so many slices."""
    axis, start, results = eqn.params["axis"], 0, []
    for size, out in zip(eqn.params["sizes"], eqn.outs, strict=True):
        starts, limits = [0] * len(out.shape), list(operands[0].shape)
        starts[axis], limits[axis] = start, start + size
        results.append(sliced(nf.table, operands[0], starts, limits, None, out.shape))
        start += size
    return results


def concatenate_rule(nf: NormalForm, eqn: Equation, operands: Sequence[Value]) -> list[Value]:
    """Returns `lax.concatenate`."""
    return [concatenated(nf.table, operands, eqn.params["dimension"], eqn.outs[0].shape)]


def stack_rule(nf: NormalForm, eqn: Equation, operands: Sequence[Value]) -> list[Value]:
    """Returns `jnp.stack`: arrays in a row along a new axis."""
    axis, shape = eqn.params["axis"], eqn.outs[0].shape
    one = tuple(1 if i == axis else size for i, size in enumerate(shape))
    places = [i for i in range(len(shape)) if i != axis]
    return [concatenated(nf.table, [broadcast(value, one, places) for value in operands], axis, shape)]


def unstack_rule(nf: NormalForm, eqn: Equation, operands: Sequence[Value]) -> list[Value]:
    """Returns the elements along an axis."""
    (value,), axis = operands, eqn.params["axis"]
    order = [axis, *(i for i in range(len(value.shape)) if i != axis)]
    return [at(nf.table, transpose(value, order), place) for place in range(len(eqn.outs))]


def concatenated(table: Table, values: Sequence[Value], axis: int, shape: Shape) -> Value:
    """Returns arrays in a row along an axis; one alone is itself.

    In the term this axis is the first; behind it are those that any of the arrays runs along.
    """
    if len(values) == 1:
        return values[0]
    order = [axis]
    for value in values:
        own = sorted((inner, outer) for outer, inner in enumerate(value.axes) if inner is not None)
        order += [outer for _, outer in own if outer not in order]
    inner = [take_axes(value, order) for value in values]
    made = table.make(CONCATENATE, 0, inner, tuple(shape[i] for i in order), table.dtype(values[0]))
    return broadcast(made, shape, order)


def at(table: Table, value: Value, index: int) -> Value:
    """Returns the element of an array at a place along its first axis."""
    shape = (1, *value.shape[1:])
    starts, limits = [index] + [0] * (len(shape) - 1), [index + 1, *shape[1:]]
    return squeeze(sliced(table, value, starts, limits, None, shape), (0,))


def sliced(
    table: Table, value: Value, starts: Sequence[Any], limits: Sequence[Any], strides: Any, shape: Shape
) -> Value:
    """Returns a slice: none where it takes everything, or where nothing changes along the axis that is cut."""
    steps = tuple(strides or (1,) * len(starts))
    cuts = list(zip(starts, limits, steps, strict=True))
    chosen = [i for i, cut in enumerate(cuts) if value.axes[i] is not None and cut != (0, value.shape[i], 1)]
    if not chosen:
        axes = tuple(None if is_one(size) else axis for axis, size in zip(value.axes, shape, strict=True))
        return Value(value.term, axes, shape)
    if len(chosen) == 1 and (part := _operand(table, value, chosen[0], *cuts[chosen[0]])) is not None:
        return sliced(table, *part[:1], *_moved(cuts, chosen[0], part[1]), shape)
    kept = sorted((i for i, a in enumerate(value.axes) if a is not None), key=lambda i: value.axes[i] or 0)
    params = tuple(cuts[i] if i in chosen else None for i in kept)
    inner = tuple(shape[i] for i in kept)
    made = table.make("slice", params, (take_axes(value, kept),), inner, table.dtype(value))
    return broadcast(made, shape, kept)


def _operand(
    table: Table, value: Value, axis: int, start: Any, limit: Any, step: Any
) -> tuple[Value, int] | None:
    """Returns the operand of a concatenation that a cut along it lies in, and where that operand begins."""
    term = table.terms[value.term]
    if term.op != CONCATENATE or value.axes[axis] != term.params or step != 1:
        return None
    begin = 0
    for operand in term.operands:
        size = operand.shape[term.params]
        if not all(isinstance(n, int) for n in (size, start, limit)):
            return None
        if begin <= start and limit <= begin + size:
            axes = tuple(None if a is None else operand.axes[a] for a in value.axes)
            shape = tuple(size if i == axis else n for i, n in enumerate(value.shape))
            return Value(operand.term, axes, shape), begin
        begin += size
    return None


def _moved(
    cuts: Sequence[tuple[Any, Any, Any]], axis: int, begin: int
) -> tuple[list[Any], list[Any], list[Any]]:
    """Returns starts, limits and strides, those along an axis counted from another begin."""
    moved = [(a - begin, b - begin, c) if i == axis else (a, b, c) for i, (a, b, c) in enumerate(cuts)]
    starts, limits, strides = (list(part) for part in zip(*moved, strict=True))
    return starts, limits, strides
