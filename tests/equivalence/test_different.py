"""Pairs with one fault each: the verdict is DIFFERENT, and the report says where."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import jax
import jax.numpy as jnp
import pytest
from flax import linen as nn
from flax import nnx
from migrate_norm.equivalence import InputSpec, Verdict, assert_equivalent, check_equivalence, compare_models

from .faults import EVAL, TRAIN, Average, Counter, CounterTwin, Gru, LateAverage, Linear, Norm, X

R = nnx.Rngs(0)
stop = jax.lax.stop_gradient


class Residual(nn.Module):
    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return x + nn.Dense(6, name="dense")(x)


class NoResidual(nnx.Module):
    def __init__(self) -> None:
        self.dense = nnx.Linear(6, 6, rngs=R)

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.dense(x)


class Zeros(nn.Module):
    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return jnp.zeros_like(x) * nn.Dense(6, name="dense")(x).shape[-1]


class Tiny(nnx.Module):
    def __init__(self) -> None:
        self.dense = nnx.Linear(6, 6, rngs=R)

    def __call__(self, x: jax.Array) -> jax.Array:
        return jnp.full_like(x, 9e-6)


class Fault(NamedTuple):
    """A pair, where it first parts, and how to call it."""

    linen: nn.Module
    nnx: Callable[[], nnx.Module]
    place: str
    kwargs: Mapping[str, object] = MappingProxyType({})
    inputs: tuple[InputSpec, ...] = (X,)


def linear(compute: Callable[[jax.Array, jax.Array, jax.Array], object], place: str = "output") -> Fault:
    return Fault(nn.Dense(6), lambda: Linear(compute), place)


def half(linen: type[nn.Module], twin: Callable[..., nnx.Module], **kwargs: bool) -> Fault:
    dtype = jnp.bfloat16
    return Fault(linen(dtype=dtype), lambda: twin(6, dtype=dtype, rngs=R), "gradient", kwargs)


def two_pass() -> nnx.Module:
    return nnx.LayerNorm(6, use_fast_variance=False, rngs=R)


STATE = "state batch_stats"
FAULTS = {
    "swapped mean and var": Fault(nn.BatchNorm(), lambda: Norm(swap=True), "output", EVAL),
    "momentum .9 for .99": Fault(nn.BatchNorm(), lambda: Norm(0.9), f"{STATE} mean", TRAIN),
    "missing stats update": Fault(nn.BatchNorm(), lambda: Norm(update=False), f"{STATE} mean", TRAIN),
    "epsilon 1e-5 for 1e-6": Fault(nn.LayerNorm(), lambda: nnx.LayerNorm(6, epsilon=1e-5, rngs=R), "output"),
    "two-pass variance for the fast one": Fault(nn.LayerNorm(), two_pass, "output"),
    "transposed square kernel": linear(lambda x, w, b: x @ w.T + b),
    "missing zero-initialised bias": linear(lambda x, w, b: x @ w + 0 * b),
    "frozen parameter": linear(lambda x, w, b: x @ stop(w) + b, "gradient params kernel"),
    "frozen input": linear(lambda x, w, b: stop(x) @ w + b, "gradient input 0"),
    "dtype of the output": linear(lambda x, w, b: (x @ w + b).astype(jnp.bfloat16)),
    "shape of the output": linear(lambda x, w, b: (x @ w + b)[None]),
    "structure of the output": linear(lambda x, w, b: {"y": x @ w + b}),
    "a NaN": linear(lambda x, w, b: (x @ w + b).at[0, 0].set(jnp.nan)),
    "noise of 1e-5": linear(lambda x, w, b: (x @ w + b) * (1 + 1e-5)),
    "zeros and 9e-6": Fault(Zeros(), Tiny, "output"),
    "missing residual": Fault(Residual(), NoResidual, "output"),
    "dtype of the state": Fault(Counter(), lambda: CounterTwin(lambda n: n + 1.0), f"{STATE} count"),
    "shape of the state": Fault(Counter(), lambda: CounterTwin(lambda n: n[None] + 1), f"{STATE} count"),
    "stale counter": Fault(Counter(), lambda: CounterTwin(lambda n: n), f"{STATE} count"),
    "GRUCell without hn bias": Fault(nn.GRUCell(6), lambda: Gru(6), "output", inputs=(X, X)),
    "bf16 LayerNorm of flax.nnx": half(nn.LayerNorm, nnx.LayerNorm),
    "bf16 RMSNorm of flax.nnx": half(nn.RMSNorm, nnx.RMSNorm),
    "bf16 BatchNorm of flax.nnx": half(nn.BatchNorm, nnx.BatchNorm, use_running_average=True),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_seen(name: str) -> None:
    fault = FAULTS[name]
    report = check_equivalence(fault.linen, fault.nnx, *fault.inputs, kwargs=fault.kwargs)
    assert report.verdict is Verdict.DIFFERENT
    assert not report.equal
    assert not report.bit_equal
    assert report.differences[0].place.startswith(fault.place), str(report)
    assert report.to_dict()["differences"][0]["place"] == report.differences[0].place


def test_a_frozen_parameter_shows_in_nothing_but_gradients() -> None:
    fault = FAULTS["frozen parameter"]
    assert check_equivalence(fault.linen, fault.nnx, X, gradients=False).proved
    places = {d.place for d in check_equivalence(fault.linen, fault.nnx, X).differences}
    assert places == {"gradient params kernel"}


def test_a_wrong_momentum_that_shows_in_the_third_call() -> None:
    variables = {"batch_stats": {"mean": jnp.full(6, 0.3), "count": jnp.zeros((), jnp.int32)}}
    once = {"variables": variables, "samples": 1, "poison": False}
    assert check_equivalence(Average(), LateAverage, X, steps=2, **once).equal
    report = check_equivalence(Average(), LateAverage, X, steps=3, **once)
    assert [d.stage for d in report.differences[:1]] == ["in sample 1, call 3"]


def test_assert_equivalent_shows_the_first_difference() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_equivalent(nn.Dense(6), lambda: Linear(lambda x, w, b: x @ w.T + b), X)
    text = str(caught.value)
    assert "DIFFERENT in sample 1, call 1" in text
    assert all(word in text for word in ("max abs", "relative", "ulp", "Linen [", "NNX   ["))


def test_models_whose_values_differ() -> None:
    model = nnx.BatchNorm(6, use_running_average=True, rngs=R)
    variables = nn.BatchNorm(use_running_average=True).init(jax.random.key(0), jnp.ones((4, 6)))
    stats = variables["batch_stats"]
    swapped = {**variables, "batch_stats": {"mean": stats["var"], "var": stats["mean"]}}
    report = compare_models(nn.BatchNorm(use_running_average=True), swapped, model, [X])
    assert not report.equal
    assert {d.place for d in report.differences} == {"leaf batch_stats mean", "leaf batch_stats var"}
