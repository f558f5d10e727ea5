"""Random programs: written in another way that is exact they are proved equal, in one that is not they are not."""

import operator
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from migrate_norm.equivalence.proof import Level

from . import mutants
from .programs import level, shape, traced

INPUTS = [shape("float32", 3, 4), shape("float32", 3, 4), shape("float32", 4), shape("float32")]
Expression = tuple[Any, ...]  # an operation and its operands; ("input", i) and ("constant", number) end it
UNARY: dict[str, Callable[[Any], Any]] = {
    "tanh": jnp.tanh,
    "exp": jnp.exp,
    "neg": operator.neg,
    "square": jnp.square,
    "mean": lambda x: jnp.mean(x, -1, keepdims=True),
    "max": lambda x: jnp.max(x, 0, keepdims=True),
    "half": lambda x: x.astype(jnp.bfloat16).astype(jnp.float32),
    "dot": lambda x: x @ x.T @ x,
    "where": lambda x: jnp.where(x > 0, x, 0.1),
    "cumsum": lambda x: jnp.cumsum(x, 0),
}
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "maximum": jnp.maximum,
}
SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)

leaves = st.one_of(
    st.tuples(st.just("input"), st.integers(0, 3)),
    st.tuples(st.just("constant"), st.sampled_from([0.5, 1.0, -2.0, 0.0, 3.1])),
)
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(sorted(UNARY)), inner),
        st.tuples(st.sampled_from(sorted(BINARY)), inner, inner),
    ),
    max_leaves=8,
)


def full(value: Any) -> Any:
    return jnp.broadcast_to(jnp.asarray(value, jnp.float32), (3, 4))


def plain(expression: Expression, inputs: tuple[Any, ...]) -> Any:
    """Computes every operation on full arrays."""
    kind, *parts = expression
    if kind == "input":
        return full(inputs[parts[0]])
    if kind == "constant":
        return full(parts[0])
    values = [plain(part, inputs) for part in parts]
    return full(UNARY[kind](*values) if kind in UNARY else BINARY[kind](*values))


class Otherwise:
    """Computes the same in ways that `choose` picks: each of them exact."""

    def __init__(self, choose: Callable[[int], int]) -> None:
        self.choose = choose

    def __call__(self, expression: Expression, inputs: tuple[Any, ...]) -> Any:
        kind, *parts = expression
        if kind == "input":
            return self.laid_out(full(inputs[parts[0]]))
        if kind == "constant":
            return self.laid_out(
                full(np.float32(parts[0])) if self.choose(2) else jnp.full((3, 4), parts[0], jnp.float32)
            )
        values = [self(part, inputs) for part in parts]
        return self.laid_out(full(self.unary(kind, *values) if kind in UNARY else self.binary(kind, *values)))

    def laid_out(self, x: Any) -> Any:
        ways: list[Callable[[Any], Any]] = [
            lambda x: x,
            lambda x: x.T.T,
            lambda x: x[None, :, :, None].reshape(3, 4),
            lambda x: jnp.expand_dims(x, 1).squeeze(1),
            lambda x: jnp.negative(jnp.negative(x)),
            lambda x: x * 1.0,
            lambda x: x + -0.0,
            lambda x: jax.lax.optimization_barrier(x),
            lambda x: jax.lax.stop_gradient(x),
            lambda x: x.reshape(12).reshape(3, 4),
            lambda x: jnp.concatenate([x, x + 1])[:3],
            lambda x: jnp.stack([x, x * 2])[0],
            lambda x: jax.lax.scan(lambda c, _: (c, None), x, None, length=2)[0],
            lambda x: jax.lax.scan(lambda c, row: (c, row), 0.0, x)[1],
        ]
        return ways[self.choose(len(ways))](x)

    def unary(self, kind: str, x: Any) -> Any:
        if kind in ("tanh", "exp", "neg", "square", "half", "where") and self.choose(2):
            return UNARY[kind](x.T).T
        if kind == "square" and self.choose(2):
            return x * x
        return jax.jit(UNARY[kind])(x) if self.choose(2) else UNARY[kind](x)

    def binary(self, kind: str, x: Any, y: Any) -> Any:
        if kind in ("add", "mul") and self.choose(2):
            return BINARY[kind](y, x)
        if kind == "sub" and self.choose(2):
            return x + (-y)
        if self.choose(3) == 0:
            return BINARY[kind](x.T, y.T).T
        unused = jnp.sin(x) * y
        del unused
        return jax.checkpoint(BINARY[kind])(x, y) if self.choose(2) else BINARY[kind](x, y)


@SETTINGS
@given(expressions, st.data())
def test_exact_rewrites_are_proved(expression: Expression, data: st.DataObject) -> None:
    otherwise = Otherwise(lambda n: data.draw(st.integers(0, n - 1)))
    assert level(lambda *i: plain(expression, i), lambda *i: otherwise(expression, i), INPUTS) is Level.EXACT


@SETTINGS
@given(expressions, st.data())
def test_what_is_proved_has_the_same_bits(expression: Expression, data: st.DataObject) -> None:
    """Any two programs: if they are proved, running them agrees."""
    other = data.draw(st.one_of(expressions, near(expression)))
    ours, theirs = (jax.make_jaxpr(lambda *i, e=e: plain(e, i))(*INPUTS) for e in (expression, other))
    found = level(lambda *i: plain(expression, i), lambda *i: plain(other, i), INPUTS)
    assume(found is not Level.NOTHING)
    agree = mutants.same_bits if found is Level.EXACT else mutants.close
    for row in mutants.values(traced(ours), np.random.default_rng(0)):
        assert agree(mutants.evaluate(ours, row), mutants.evaluate(theirs, row))


def near(expression: Expression) -> st.SearchStrategy[Expression]:
    """Returns expressions that differ in one operation or leaf."""
    kind, *parts = expression
    if kind in ("input", "constant"):
        return leaves
    here = st.sampled_from(sorted(UNARY if kind in UNARY else BINARY)).map(lambda other: (other, *parts))
    below = [
        near(part).map(lambda new, i=i: (kind, *parts[:i], new, *parts[i + 1 :]))
        for i, part in enumerate(parts)
    ]
    swapped = [st.just((kind, *parts[::-1]))]
    return st.one_of(here, *below, *swapped)


X, Y, Z = (shape("float32", 3, 4) for _ in range(3))
INEXACT: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "another grouping of a sum": (lambda x, y, z: (x + y) + z, lambda x, y, z: x + (y + z)),
    "another grouping of a product": (lambda x, y, z: (x * y) * z, lambda x, y, z: x * (y * z)),
    "a division by an inverse": (lambda x, y, z: x / y + z, lambda x, y, z: x * (1 / y) + z),
    "a constant inverse": (lambda x, y, z: x / 3.0 + y * z, lambda x, y, z: x * (1 / 3.0) + y * z),
    "a sign of zero": (lambda x, y, z: (x - y) * z, lambda x, y, z: -(y - x) * z),
    "zero added": (lambda x, y, z: x * y * z, lambda x, y, z: (x + 0.0) * y * z),
    "max in another order": (lambda x, y, z: jnp.maximum(x, y) / z, lambda x, y, z: jnp.maximum(y, x) / z),
    "rsqrt": (lambda x, y, z: jax.lax.rsqrt(x) + y * z, lambda x, y, z: 1 / jnp.sqrt(x) + y * z),
    "a factor inside of a contraction": (
        lambda x, y, z: (0.3 * x) @ y.T @ z,
        lambda x, y, z: 0.3 * (x @ y.T) @ z,
    ),
    "operands of a contraction": (lambda x, y, z: (x @ y.T) @ z, lambda x, y, z: (y @ x.T).T @ z),
}
DIFFERENT: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "two formulas of a variance": (
        lambda x, y, z: (x * x).mean() - x.mean() ** 2 + y + z,
        lambda x, y, z: ((x - x.mean()) ** 2).mean() + y + z,
    ),
    "a distributed product": (lambda x, y, z: x * (y + z), lambda x, y, z: x * y + x * z),
    "a cast on the way": (
        lambda x, y, z: (x * y).sum(0) + z,
        lambda x, y, z: UNARY["half"](x * y).sum(0) + z,
    ),
    "another epsilon": (lambda x, y, z: x / (y * y + 1e-5) + z, lambda x, y, z: x / (y * y + 1e-6) + z),
    "another axis": (
        lambda x, y, z: x.sum(0, keepdims=True) + y + z,
        lambda x, y, z: x.sum(1, keepdims=True) + y + z,
    ),
    "a reversed scan": (
        lambda x, y, z: jnp.cumsum(x, 0) + y + z,
        lambda x, y, z: jnp.cumsum(x[::-1], 0)[::-1] + y + z,
    ),
    "an integer that wraps": (
        lambda x, y, z: x + (y.astype(jnp.int8) + jnp.int8(1)).astype(jnp.float32) + z,
        lambda x, y, z: x + (y.astype(jnp.int32) + 1).astype(jnp.float32) + z,
    ),
    "one turn more": (
        lambda x, y, z: jax.lax.fori_loop(0, 3, lambda _, c: c * y, x) + z,
        lambda x, y, z: jax.lax.fori_loop(0, 4, lambda _, c: c * y, x) + z,
    ),
    "the other branch": (
        lambda x, y, z: jax.lax.cond(x[0, 0] > 0, lambda: y, lambda: z),
        lambda x, y, z: jax.lax.cond(x[0, 0] > 0, lambda: z, lambda: y),
    ),
}


@pytest.mark.parametrize("name", INEXACT)
def test_equal_in_real_arithmetic_alone(name: str) -> None:
    found = level(*INEXACT[name], [X, Y, Z])
    expected = Level.NOTHING if name == "a constant inverse" else Level.REASSOCIATED
    assert found is expected


@pytest.mark.parametrize("name", DIFFERENT)
def test_not_proved(name: str) -> None:
    assert level(*DIFFERENT[name], [X, Y, Z]) is Level.NOTHING
