"""What is known to be different is DIFFERENT, and the report names the first operations and their lines."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import pytest
from flax import linen as nn
from flax import nnx
from migrate_norm.catalog.mapping import VariableMapping
from migrate_norm.equivalence import InputSpec, Verdict, check_equivalence

X = InputSpec("float32", (8, 6))
SQUARE = InputSpec("float32", (6, 6))
TRAIN, EVAL = {"use_running_average": False}, {"use_running_average": True}


def rngs() -> nnx.Rngs:
    return nnx.Rngs(0)


class Net(nn.Module):
    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        h = nn.gelu(nn.Dense(6, name="up")(x))
        return x + nn.Dense(6, name="down")(h)


class NetTwin(nnx.Module):
    """The net with one thing that can be another."""

    def __init__(self, compute: Callable[..., jax.Array]) -> None:
        self.up, self.down = nnx.Linear(6, 6, rngs=rngs()), nnx.Linear(6, 6, rngs=rngs())
        self.compute = compute

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.compute(x, self.up, self.down)


class Gru(nnx.Module):
    """What nnx.GRUCell computes, under Linen's names: without the bias of hn."""

    def __init__(self) -> None:
        for name in ("ir", "iz", "in"):
            setattr(self, name, nnx.Linear(6, 6, rngs=rngs()))
        self.hr, self.hz = (nnx.Linear(6, 6, use_bias=False, rngs=rngs()) for _ in range(2))
        self.hn = nnx.Linear(6, 6, rngs=rngs())

    def __call__(self, h: jax.Array, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        inputs = getattr(self, "in")
        r, z = jax.nn.sigmoid(self.ir(x) + self.hr(h)), jax.nn.sigmoid(self.iz(x) + self.hz(h))
        n = jnp.tanh(inputs(x) + r * (h @ self.hn.kernel[...]))
        new = (1.0 - z) * n + z * h
        return new, new


class Swapped(nnx.BatchNorm):
    def __call__(self, x: jax.Array, use_running_average: bool) -> jax.Array:
        del use_running_average
        y = (x - self.var[...]) * jax.lax.rsqrt(self.mean[...] + self.epsilon)
        return y * self.scale[...] + self.bias[...]


class Case(NamedTuple):
    """A pair, its arguments, the place where it parts first, and a piece of the operation on either side."""

    linen: nn.Module
    nnx: Callable[[], nnx.Module]
    place: str
    ours: str
    theirs: str
    line: str
    inputs: tuple[Any, ...] = (X,)
    kwargs: dict[str, Any] = {}  # noqa: RUF012
    mapping: tuple[VariableMapping, ...] = ()


def net(compute: Callable[..., jax.Array], ours: str, theirs: str, line: str = "test_parting.py") -> Case:
    return Case(Net(), lambda: NetTwin(compute), "output", ours, theirs, line)


def half(name: str, **kwargs: Any) -> Case:
    """flax.nnx casts before the statistics."""
    build = getattr(nnx, name)
    return Case(
        getattr(nn, name)(dtype=jnp.bfloat16),
        lambda: build(6, dtype=jnp.bfloat16, rngs=rngs()),
        "output",
        "",
        "convert_element_type(input 0) in bfloat16",
        "flax/nnx/nn/",
        kwargs=kwargs,
    )


BATCH = "flax/nnx/nn/normalization.py"
CASES: dict[str, Case] = {
    "LayerNorm of flax.nnx in bf16": half("LayerNorm"),
    "RMSNorm of flax.nnx in bf16": half("RMSNorm"),
    "InstanceNorm of flax.nnx in bf16": half("InstanceNorm")._replace(
        inputs=(InputSpec("float32", (2, 4, 6)),)
    ),
    "epsilon": Case(
        nn.LayerNorm(),
        lambda: nnx.LayerNorm(6, epsilon=1e-5, rngs=rngs()),
        "output",
        ", 1e-06)",
        ", 1e-05)",
        BATCH,
    ),
    "momentum": Case(
        nn.BatchNorm(),
        lambda: nnx.BatchNorm(6, momentum=0.9, rngs=rngs()),
        "state batch_stats mean",
        "0.99",
        "0.9",
        BATCH,
        kwargs=TRAIN,
    ),
    "two formulas of a variance": Case(
        nn.LayerNorm(),
        lambda: nnx.LayerNorm(6, use_fast_variance=False, rngs=rngs()),
        "output",
        "mul(input 0, input 0)",
        "mul(add, add)",
        BATCH,
    ),
    "mean and variance swapped": Case(
        nn.BatchNorm(),
        lambda: Swapped(6, rngs=rngs()),
        "output",
        "batch_stats",
        "batch_stats",
        "test_parting.py",
        kwargs=EVAL,
    ),
    "GRUCell without the bias of hn": Case(
        nn.GRUCell(6), Gru, "output [0]", "params hn/bias", "mul", "test_parting.py", inputs=(X, X)
    ),
    "relu for gelu": net(lambda x, up, down: x + down(nnx.relu(up(x))), "mul(add, add)", "max(add, 0.0)", ""),
    "another gelu": net(
        lambda x, up, down: x + down(nnx.gelu(up(x), approximate=False)), "mul(add, add)", "mul(add, 0.5)"
    ),
    "a missing residual": net(
        lambda x, up, down: down(nnx.gelu(up(x))), "add(input 0, add", "returns add", "linear.py"
    ),
    "a transposed square kernel": net(
        lambda x, up, down: x + down(nnx.gelu(x @ up.kernel.T + up.bias)),
        "dot_general(input 0, params up/kernel)",
        "dot_general(input 0, params up/kernel transposed to axes (1, 0))",
    ),
    "leaves that are swapped": net(
        lambda x, up, down: x + up(nnx.gelu(down(x))), "params up/kernel", "params down/kernel", "linear.py"
    ),
    "a cast": net(
        lambda x, up, down: x + down(nnx.gelu(up(x)).astype(jnp.bfloat16).astype(jnp.float32)),
        "dot_general",
        "convert_element_type",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_where_they_part(name: str) -> None:
    case = CASES[name]
    report = check_equivalence(case.linen, case.nnx, *case.inputs, kwargs=case.kwargs)
    assert report.verdict is Verdict.DIFFERENT, str(report)
    parting = report.proof.parting
    assert parting.place == case.place
    assert case.ours in parting.linen.what
    assert case.theirs in parting.nnx.what
    assert case.line in parting.nnx.line
    assert parting.nnx.code in str(report)
    assert report.to_dict()["proof"]["parting"]["nnx"]["line"] == parting.nnx.line


def test_batch_norm_of_flax_nnx_in_bf16_has_another_dtype() -> None:
    """It returns float32 where Linen returns bfloat16: that needs no sample."""
    report = check_equivalence(
        nn.BatchNorm(dtype=jnp.bfloat16),
        lambda: nnx.BatchNorm(6, dtype=jnp.bfloat16, rngs=rngs()),
        X,
        kwargs=EVAL,
    )
    assert report.verdict is Verdict.DIFFERENT
    assert report.samples == 0 or "float32" in str(report)


def wrappers(name: str) -> tuple[nn.Module, Callable[[], nnx.Module]]:
    build = getattr(nnx, name)
    return getattr(nn, name)(nn.Dense(6)), lambda: build(nnx.Linear(6, 6, rngs=rngs()), rngs=rngs())


class Scaled(nnx.Module):
    """What nnx.WeightNorm computes, with scales that are variables but get no gradient."""

    def __init__(self) -> None:
        self.layer_instance = nnx.Linear(6, 6, rngs=rngs())
        self.scale = nnx.Param(jnp.ones(6))

    def __call__(self, x: jax.Array) -> jax.Array:
        kernel = self.layer_instance.kernel[...]
        norm = jax.lax.rsqrt((kernel * kernel).sum(0, keepdims=True) + 1e-12)
        scale = jax.lax.stop_gradient(self.scale[...])
        return jnp.dot(x, kernel * norm * scale) + self.layer_instance.bias[...]


class ScaledLinen(nn.Module):
    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        dense = nn.Dense(6, name="layer_instance")
        dense(x)
        kernel, bias = dense.variables["params"]["kernel"], dense.variables["params"]["bias"]
        norm = jax.lax.rsqrt((kernel * kernel).sum(0, keepdims=True) + 1e-12)
        return jnp.dot(x, kernel * norm * self.param("scale", nn.initializers.ones, (6,))) + bias


def test_scales_that_are_not_trained_show_in_gradients_alone() -> None:
    assert check_equivalence(ScaledLinen(), Scaled, X, gradients=False).proved
    report = check_equivalence(ScaledLinen(), Scaled, X)
    assert report.verdict is Verdict.DIFFERENT
    assert "gradient params scale" in report.proof.parted


def test_spectral_norm_of_flax_nnx_overwrites_the_kernel() -> None:
    mapping = [
        VariableMapping(
            "batch_stats", (f"layer_instance/kernel/{leaf}",), ("batch_stats", f"('kernel', '{leaf}')"), ""
        )
        for leaf in ("u", "sigma")
    ]
    linen, build = wrappers("SpectralNorm")
    report = check_equivalence(linen, build, X, kwargs={"update_stats": True}, mapping=mapping)
    assert report.verdict is Verdict.DIFFERENT
    assert "state params layer_instance/kernel" in str(report)
