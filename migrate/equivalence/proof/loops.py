"""Loops: `scan` and `while`, by what changes from turn to turn.

The body is brought to normal form in terms of the values outside, of `carry` symbols for what changes, and of
`element` symbols for the slices of the scanned arrays. So it does not matter whether something that stays
the same is closed over, carried along or scanned over as a broadcast, nor in which order anything comes.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .arithmetic import Call, apply
from .colours import Colouring, colour
from .constants import number, scalar
from .keys import Count, progresses, step
from .layout import broadcast, is_repeated, take_axes
from .normal_form import NOTHING, Equation, NormalForm
from .terms import Shape, Table, Value
from .unroll import unrolled


def scan(nf: NormalForm, eqn: Equation, operands: Sequence[Value]) -> list[Value]:
    """Returns the results of a scan: final carries, then the stacked results."""
    if nf.unroll:
        return unrolled(nf, eqn, operands)
    params, wanted = eqn.params, [out.wanted for out in eqn.outs]
    count = params["num_carry"]
    consts, inits, xs = _parts(operands, params["num_consts"], count)
    around = (nf.depth + 1, params["length"], params["reverse"])
    elements = [_element(nf.table, around, x) for x in xs]
    asked = [*[True] * count, *wanted[count:]]

    def body(carries: Sequence[Value]) -> tuple[list[Value], list[Value]]:
        results = nf.inline(eqn, params["jaxpr"], (*consts, *carries, *elements), asked)
        return results[:count], results[count:]

    loop = _settle(nf, inits, body, params["length"])
    finals = [_final(nf, eqn.primitive, around, loop, i) for i in range(count)]
    ys = enumerate(eqn.outs[count:])
    return [*finals, *(_stacked(nf.table, around, loop, place, out.shape) for place, out in ys)]


def while_loop(nf: NormalForm, eqn: Equation, operands: Sequence[Value]) -> list[Value]:
    """Returns the final carries of a while loop; all of them depend on its condition."""
    params = eqn.params
    on_cond, on_body, inits = _parts(operands, params["cond_nconsts"], params["body_nconsts"])

    def body(carries: Sequence[Value]) -> tuple[list[Value], list[Value]]:
        going = nf.inline(eqn, params["cond_jaxpr"], (*on_cond, *carries))
        return nf.inline(eqn, params["body_jaxpr"], (*on_body, *carries)), going

    loop = _settle(nf, inits, body)
    return [_final(nf, eqn.primitive, (nf.depth + 1,), loop, i, always=True) for i in range(len(inits))]


class Loop(NamedTuple):
    """A loop in normal form: where it begins, and the carries that change, told apart by what they become."""

    inits: Sequence[Value]
    colours: Colouring


def _settle(
    nf: NormalForm,
    inits: Sequence[Value],
    body: Callable[[Sequence[Value]], tuple[list[Value], list[Value]]],
    turns: Any = None,
) -> Loop:
    """Finds the carries that change.

    One that each turn hands on as it got it is the value it began with: by induction over the turns.
    """
    nf.depth += 1
    moving = list(range(len(inits)))
    while True:
        colours = colour(nf, inits, moving, body)
        left = [i for i in moving if colours.update(i) != colours.symbol(i)]
        if left == moving:
            break
        moving = left
    around = turns if isinstance(turns, int) else tuple(colours.others)
    for i in moving:
        _remember(nf, colours.symbol(i).term, colours.update(i), around, inits[i])
    nf.depth -= 1
    return Loop(inits, colours)


def _remember(nf: NormalForm, symbol: int, update: Value, turns: Any, init: Value) -> None:
    """Notes what a carry counts, and whether each turn brings a new one.

    Loops may have one symbol for carries that begin alike and go on in different ways: then nothing is known.
    """
    same = nf.updates.setdefault(symbol, (update, turns)) == (update, turns)
    if not same or not progresses(nf.table, symbol, update):
        nf.stalled.add(symbol)
    elif (by := step(nf.table, symbol, update)) and by > 0:
        nf.counts[symbol] = Count(number(nf.table, init), by, turns if isinstance(turns, int) else None)


def _element(table: Table, around: tuple[Any, ...], xs: Value) -> Value:
    """Returns the slice of a scanned array at the current turn; the same at each turn if the array repeats it."""
    rest = take_axes(xs, range(1, len(xs.shape)))
    return rest if is_repeated(xs, 0) else table.make("element", around, (xs,), rest.shape, table.dtype(xs))


def _final(
    nf: NormalForm, kind: str, around: tuple[Any, ...], loop: Loop, carry: int, *, always: bool = False
) -> Value:
    """Returns a final carry: it depends on itself and on whatever takes part in its updates."""
    init = loop.inits[carry]
    if carry not in loop.colours.moving:
        return init
    if (by := step(nf.table, loop.colours.symbol(carry).term, loop.colours.update(carry))) and not always:
        return _counted(nf, init, by * around[1])
    part = loop.colours.part({carry}, range(len(loop.colours.others)) if always else ())
    params = (*around, part.colours, part.colours.index(part.colour(carry)))
    return nf.table.make(kind, params, (*part.key, *part.others), init.shape, nf.table.dtype(init))


def _counted(nf: NormalForm, init: Value, by: int) -> Value:
    """Returns an integer to which each turn adds a constant: all of them at once, modulo 2**n."""
    dtype = nf.table.dtype(init)
    wrapped = np.asarray(by % 2**64, np.uint64).astype(dtype)
    return apply(Call(nf.table, "add", (), (init, scalar(nf.table, wrapped, dtype)), (), dtype))


def _stacked(table: Table, around: tuple[Any, ...], loop: Loop, place: int, shape: Shape) -> Value:
    """Returns the results of all turns; what is the same at each turn is repeated."""
    if loop.colours.others[place] == NOTHING:
        return NOTHING
    part = loop.colours.part(set(), (place,))
    (y,) = part.others
    if not any(table.terms[n].params[0] == around[0] for n in table.free[y.term]):
        return Value(y.term, (None, *y.axes), shape)
    if (whole := table.terms[y.term]).op == "element" and whole.params == around:
        return _put_together(whole.operands[0], y, shape)
    kept = sorted((i for i, axis in enumerate(y.axes) if axis is not None), key=lambda i: y.axes[i] or 0)
    core = take_axes(y, kept)
    params = (*around, part.colours)
    made = table.make("turns", params, (core, *part.key), (shape[0], *core.shape), table.dtype(y))
    return broadcast(made, shape, (0, *(i + 1 for i in kept)))


def _put_together(xs: Value, y: Value, shape: Shape) -> Value:
    """Returns the slices of a scanned array, all of them in their order: the array itself."""
    return Value(
        xs.term, (xs.axes[0], *(None if axis is None else xs.axes[axis + 1] for axis in y.axes)), shape
    )


def _parts(values: Sequence[Value], first: int, second: int) -> tuple[Sequence[Value], ...]:
    return values[:first], values[first : first + second], values[first + second :]
