"""Reductions: only the axes that are reduced, and those that the operand runs along, matter."""

from collections.abc import Sequence

from .formats import is_float
from .layout import broadcast, take_axes
from .normal_form import Equation, NormalForm
from .parameters import canonical
from .reassociate import linear
from .terms import Value, is_one

INDICES = frozenset({"argmax", "argmin"})  # their result is a place, even among one


def reduction(nf: NormalForm, eqn: Equation, operands: Sequence[Value]) -> list[Value]:
    """Returns a reduction of the operand without its repetitions.

    Exact: each element of the result reduces the same elements, in the same order of the reduced axes. What has
    one element is that element: XLA replaces such a reduction by a reshape (the sum of -0.0 alone is -0.0).
    """
    (value,), out = operands, eqn.outs[0]
    axes = {axis % len(value.shape) for axis in eqn.params["axes"]}
    outer = [axis for axis in range(len(value.shape)) if axis not in axes]
    reduced = sorted(axis for axis in axes if eqn.primitive in INDICES or not is_one(value.shape[axis]))
    if not reduced:
        return [take_axes(value, outer)]
    kept = sorted((a for a in outer if value.axes[a] is not None), key=lambda a: value.axes[a] or 0)
    params = tuple(p for p in canonical(eqn.params, nf.function) if p[0] not in ("axes", "out_sharding"))
    shape = tuple(value.shape[a] for a in kept)
    core = take_axes(value, [*kept, *reduced])

    def reduce(operands: Sequence[Value]) -> Value:
        return nf.table.make(eqn.primitive, (len(reduced), params), operands, shape, out.dtype)

    sums = nf.table.real and eqn.primitive == "reduce_sum" and is_float(out.dtype)
    made = linear(nf.table, (core,), out.dtype, reduce) if sums else reduce((core,))
    return [broadcast(made, out.shape, [outer.index(axis) for axis in kept])]
