"""A scan as its turns one after the other, to compare it with layers that are written out."""

from collections.abc import Sequence

from .layout import broadcast, is_repeated, take_axes
from .normal_form import NOTHING, Equation, NormalForm
from .slices import at, concatenated
from .terms import Table, Value


def unrolled(nf: NormalForm, eqn: Equation, operands: Sequence[Value]) -> list[Value]:
    """Returns the results of a scan: exact, since this is what a scan does."""
    params, first = eqn.params, eqn.params["num_consts"]
    count, length = params["num_carry"], params["length"]
    consts, carries, xs = operands[:first], list(operands[first : first + count]), operands[first + count :]
    asked = [*[True] * count, *(out.wanted for out in eqn.outs[count:])]
    turns = list(range(length))
    stacks: list[list[Value]] = [[NOTHING] * length for _ in eqn.outs[count:]]
    for turn in reversed(turns) if params["reverse"] else turns:
        elements = [_element(nf.table, x, turn) for x in xs]
        results = nf.inline(eqn, params["jaxpr"], (*consts, *carries, *elements), asked)
        carries = results[:count]
        for stack, y in zip(stacks, results[count:], strict=True):
            stack[turn] = y
    outs = zip(stacks, eqn.outs[count:], strict=True)
    return [
        *carries,
        *(_stacked(nf.table, stack, out.shape) if out.wanted else NOTHING for stack, out in outs),
    ]


def _element(table: Table, xs: Value, turn: int) -> Value:
    return take_axes(xs, range(1, len(xs.shape))) if is_repeated(xs, 0) else at(table, xs, turn)


def _stacked(table: Table, values: Sequence[Value], shape: tuple[int, ...]) -> Value:
    rows = [broadcast(value, (1, *shape[1:]), range(1, len(shape))) for value in values]
    return concatenated(table, rows, 0, shape)
