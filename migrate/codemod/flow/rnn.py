"""What `nn.RNN` and `nn.Bidirectional` give: a cell is applied to each step of a sequence."""

import ast
from typing import TYPE_CHECKING

from ..trees import is_whole
from . import arrays
from .found import Found
from .layers import carry_of
from .terms import Kind, Term, const, op
from .values import SOMEWHERE, Array, Items, Made, Shape, Use, Value

if TYPE_CHECKING:
    from .run import Runner


def run_rnn(runner: "Runner", found: Found, use: Use, assume: arrays.Assume) -> Value:
    """Applies the cell to one step; of the output, the last axis is that of the cell's."""
    cell, x = found.values.get("cell"), _given(use, 0, "inputs")
    if not isinstance(cell, Made) or cell.call not in runner.flow.found:
        return None
    major = _flag(found, use, "time_major")
    step = _step(x, 0 if major else -2, assume) if isinstance(x, Array) and major is not None else None
    carry = _given(use, None, "initial_carry")
    step = step or (_begun_with(use.spelled, carry) if major is False else None)
    if carry is None or carry == const(None):
        carry = _first(runner.flow.found[cell.call], step)
    node = ast.copy_location(ast.Call(use.call.func, [], []), use.call)
    given = runner.apply(cell, Use(node, "__call__", (carry, step)), assume)
    output = given.items[1] if isinstance(given, Items) and len(given.items) == 2 else None
    whole = x if runner.flow.found[cell.call].construction.layer is not None else None
    return _returned(found, use, carry, _each(output, whole if isinstance(whole, Array) else None))


def run_both(runner: "Runner", found: Found, use: Use, assume: arrays.Assume) -> Value:
    """Runs both ways; the outputs stand side by side, unless they are merged in another way."""
    begin = _given(use, None, "initial_carry")
    outputs: list[Value] = []
    carries: list[Value] = []
    for place, name in enumerate(("forward_rnn", "backward_rnn")):
        rnn = found.values.get(name)
        if not isinstance(rnn, Made) or rnn.call not in runner.flow.found:
            return None
        carry = begin.items[place] if isinstance(begin, Items) and len(begin.items) == 2 else begin
        major = _given(use, None, "time_major") or found.values.get("time_major", const(False))
        keywords: dict[str, Value] = {
            "initial_carry": carry, "time_major": major, "return_carry": const(True),
        }  # fmt: skip
        node = ast.copy_location(ast.Call(use.call.func, [], []), use.call)
        given = runner.apply(
            Made(rnn.call), Use(node, "__call__", (_given(use, 0, "inputs"),), keywords), assume
        )
        carry, output = given.items if isinstance(given, Items) else (None, None)
        carries.append(carry)
        outputs.append(output)
    merged = None if "merge_fn" in found.values else _merged(outputs)
    return _returned(found, use, Items(tuple(carries)), merged)


def _merged(outputs: list[Value]) -> Value:
    lasts = [o.at(-1) if isinstance(o, Array) else None for o in outputs]
    if lasts[0] is None or lasts[1] is None:
        return None
    one, other = outputs
    both = op("+", lasts[0], lasts[1])
    alike = isinstance(one, Array) and isinstance(other, Array) and one.root == other.root != SOMEWHERE
    return one.with_last(both) if isinstance(one, Array) and alike else Array(SOMEWHERE, 1, (both,))


def _given(use: Use, place: int | None, name: str) -> Value:
    if place is not None and len(use.args) > place:
        return use.args[place]
    return use.keywords.get(name)


def _flag(found: Found, use: Use, name: str) -> bool | None:
    """A literal of the call, or else of the constructor; None where it is none."""
    value = use.keywords.get(name)
    if value is None or value == const(None):
        value = found.values.get(name, const(False)) if name not in use.keywords or value else None
    literal = isinstance(value, Term) and value.kind is Kind.CONST and isinstance(value.value, bool)
    return value.value if literal and isinstance(value, Term) else None


def _step(x: Array, time: int, assume: arrays.Assume) -> Array | None:
    if time < 0 or x.axes is not None:
        return arrays.reduced(x, [time], False, assume)
    last = x.at(-1)
    return Array(SOMEWHERE, 1, (last,)) if last is not None else None


def _begun_with(call: ast.Call, carry: Value) -> Array | None:
    """`rnn(x[:, :-1], initial_carry=(state, x[:, 0]))`: each step is like the one that the carry begins with.

    Of an array of two axes the slice would be of its features, and the carry one feature of all steps.
    """
    items = carry.items if isinstance(carry, Items) else ()
    match call.args, [k.value for k in call.keywords if k.arg == "initial_carry"]:
        case [
            [ast.Subscript(value=ast.Name(id=name), slice=ast.Tuple(elts=[rows, ast.Slice(step=None)]))],
            [ast.Tuple(elts=begin)],
        ] if is_whole(rows) and len(begin) == len(items):
            alike = (v for node, v in zip(begin, items, strict=True) if _is_step_of(name, node))
            found = next(alike, None)
            return found if isinstance(found, Array) else None
    return None


def _is_step_of(name: str, node: ast.expr) -> bool:
    match node:
        case ast.Subscript(value=ast.Name(id=taken), slice=ast.Tuple(elts=[rows, ast.Constant(value=int())])):
            return taken == name and is_whole(rows)
    return False


def _first(cell: Found, step: Array | None) -> Value:
    """The carry that the cell begins with, where it is one of Flax's."""
    layer = cell.construction.layer
    if layer is None:
        return None
    return carry_of(layer.linen, cell.values.get("features"), Shape(step) if step is not None else None)


def _each(output: Value, inputs: Array | None = None) -> Value:
    """The outputs of all steps: their last axis is that of each. A cell of Flax keeps the other axes."""
    if isinstance(output, Items):
        return Items(tuple(_each(item) for item in output.items))
    last = output.at(-1) if isinstance(output, Array) else None
    if last is not None and inputs is not None:
        return inputs.with_last(last)
    return Array(SOMEWHERE, 1, (last,)) if last is not None else None


def _returned(found: Found, use: Use, carry: Value, output: Value) -> Value:
    both = _flag(found, use, "return_carry")
    if both is None:
        return None
    return Items((carry, output)) if both else output
