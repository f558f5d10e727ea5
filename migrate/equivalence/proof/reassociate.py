"""Rewrites that are exact in real arithmetic alone: what they prove is PROVED up to re-association, never PROVED.

Sums and products of floats lose their order and grouping; signs and constant factors move out of contractions
and sums; 1 / sqrt(x) is rsqrt(x); the operands of a contraction change places. Nothing is distributed over a
sum and no conversion is moved: E[x^2] - E[x]^2 is not E[(x - E[x])^2] here, nor is a cast elsewhere the same.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from . import constants
from .arithmetic import Call, apply
from .elementwise import elementwise
from .formats import is_float
from .layout import compose, lift
from .terms import Table, Value

SUM, PRODUCT, INVERSE = "sum", "product", "inverse"


def rewrite(call: Call) -> Value | None:
    """Returns an elementwise operation on floats without the order of its terms or factors, if it is one."""
    rule = RULES.get(call.op)
    return rule(call) if rule and is_float(call.dtype) and not call.params else None


def _many(op: str) -> Callable[[Call], Value | None]:
    """a + (b + c) is one sum of three; likewise for products, and for max and min."""

    def gather(call: Call) -> Value:
        parts = [part for operand in call.operands for part in _parts(call, op, operand)]
        if op == SUM:  # 0.0 + x is x but for the sign of a zero
            parts = [part for part in parts if constants.number(call.table, part) != 0] or parts[:1]
        if len(parts) == 1:
            return parts[0]
        return elementwise(call.table, op, (), parts, call.shape, call.dtype)

    return gather


def _parts(call: Call, op: str, operand: Value) -> list[Value]:
    outer = lift(operand, call.shape)
    term = call.table.terms[outer.term]
    return [compose(outer, inner) for inner in term.operands] if term.op == op else [outer]


def _div(call: Call) -> Value:
    """a / b is a times the inverse of b."""
    return call.to("mul", call.operands[0], call.to(INVERSE, call.operands[1]))


def _rsqrt(call: Call) -> Value:
    """rsqrt(x) is 1 / sqrt(x)."""
    return call.to(INVERSE, call.to("sqrt", *call.operands))


def _inverse(call: Call) -> Value | None:
    """The inverse of an inverse, and of a product."""
    if inner := call.inner(0, INVERSE):
        return inner[0]
    if inner := call.inner(0, PRODUCT):
        parts = [call.to(INVERSE, part) for part in inner]
        return elementwise(call.table, PRODUCT, (), parts, call.shape, call.dtype)
    return None


def _neg(call: Call) -> Value | None:
    """-(a + b) is (-a) + (-b)."""
    inner = call.inner(0, SUM)
    return call.to("add", *(call.to("neg", part) for part in inner)) if inner else None


RULES: Mapping[str, Callable[[Call], Value | None]] = MappingProxyType(
    {
        "add": _many(SUM),
        "mul": _many(PRODUCT),
        "max": _many("max"),
        "min": _many("min"),
        "div": _div,
        "rsqrt": _rsqrt,
        INVERSE: _inverse,
        "neg": _neg,
    }
)


def linear(
    table: Table, operands: Sequence[Value], dtype: str, make: Callable[[Sequence[Value]], Value]
) -> Value:
    """Returns `make(operands)` for what is linear in each operand: signs and constant factors go outside."""
    outside: list[Value] = []
    signs = 0
    plain = []
    for operand in operands:
        rest, factors, negative = _split(table, operand, dtype)
        plain.append(rest)
        outside += factors
        signs += negative
    made = make(plain)
    for factor in outside:
        made = apply(Call(table, "mul", (), (made, factor), made.shape, dtype))
    return apply(Call(table, "neg", (), (made,), made.shape, dtype)) if signs % 2 else made


def _split(table: Table, value: Value, dtype: str) -> tuple[Value, list[Value], int]:
    """Returns a value without its sign and its scalar factors, these factors, and 1 for a sign."""
    term, negative = table.terms[value.term], 0
    if term.dtype != dtype:
        return value, [], 0
    if term.op == "neg":
        value, negative = compose(value, term.operands[0]), 1
        term = table.terms[value.term]
    if term.op != PRODUCT:
        return value, [], negative
    inner = [compose(value, part) for part in term.operands]
    scalars = [part for part in inner if not table.terms[part.term].shape and not table.free[part.term]]
    others = [part for part in inner if part not in scalars]
    if not others or not scalars:
        return value, [], negative
    rest = others[0]
    if len(others) > 1:
        rest = elementwise(table, PRODUCT, (), others, value.shape, term.dtype)
    return rest, [Value(part.term, (), ()) for part in scalars], negative


def contraction(
    table: Table, params: Mapping[str, Any], operands: Sequence[Value], shape: Any, dtype: str
) -> Value:
    """Returns `dot_general` by what is summed with what: operands and their axes in an order of their own."""
    (left_sum, right_sum), (left_batch, right_batch) = params["dimension_numbers"]
    left, right = operands
    free = [
        [i for i in range(len(v.shape)) if i not in (*summed, *batch)]
        for v, summed, batch in ((left, left_sum, left_batch), (right, right_sum, right_batch))
    ]
    count = len(left_batch) + len(free[0]) + len(free[1])
    labels: list[dict[int, int]] = [{}, {}]
    for side, (batch, own) in enumerate(((left_batch, free[0]), (right_batch, free[1]))):
        labels[side] |= {axis: n for n, axis in enumerate(batch)}
        start = len(left_batch) + (len(free[0]) if side else 0)
        labels[side] |= {axis: start + n for n, axis in enumerate(own)}
    for n, (a, b) in enumerate(zip(left_sum, right_sum, strict=True)):
        labels[0][a] = labels[1][b] = count + n
    return _contract(table, (left, right), labels, count, shape, dtype)


def _contract(
    table: Table,
    operands: Sequence[Value],
    labels: Sequence[dict[int, int]],
    count: int,
    shape: Any,
    dtype: str,
) -> Value:
    """Makes a term whose operands are sorted, with labels numbered as they are met in these."""
    order = sorted(
        (0, 1), key=lambda i: (operands[i].term, [-1 if axis is None else axis for axis in operands[i].axes])
    )
    met: dict[int, int] = {}
    inputs, named = [], []
    for i in order:
        value = operands[i]
        axes = sorted(
            (a for a in range(len(value.shape))),
            key=lambda a: -1 if value.axes[a] is None else value.axes[a] or 0,
        )
        for axis in axes:
            met.setdefault(labels[i][axis], len(met))
        inputs.append(
            Value(value.term, tuple(value.axes[a] for a in axes), tuple(value.shape[a] for a in axes))
        )
        named.append(tuple(met[labels[i][a]] for a in axes))
    kept = sorted((met[label], label) for label in range(count))
    inner = tuple(shape[label] for _, label in kept)
    made = table.make("contraction", (tuple(named), tuple(new for new, _ in kept)), inputs, inner, dtype)
    places = {label: place for place, (_, label) in enumerate(kept)}
    return compose(Value(0, tuple(places[label] for label in range(count)), shape), made)._replace(
        term=made.term
    )
