"""NNX twins of Linen layers, each with one fault; and the helpers that compare them."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import linen as nn
from flax import nnx
from migrate_norm.equivalence import InputSpec

X = InputSpec("float32", (4, 6))
TRAIN = {"use_running_average": False}
EVAL = {"use_running_average": True}


class Norm(nnx.Module):
    """A BatchNorm by hand, with switches for what can go wrong."""

    def __init__(self, momentum: float = 0.99, *, swap: bool = False, update: bool = True):
        self.scale, self.bias = nnx.Param(jnp.ones(6)), nnx.Param(jnp.zeros(6))
        self.mean, self.var = nnx.BatchStat(jnp.zeros(6)), nnx.BatchStat(jnp.ones(6))
        self.momentum, self.swap, self.update = momentum, swap, update

    def __call__(self, x: jax.Array, use_running_average: bool) -> jax.Array:
        mean, var = self.mean[...], self.var[...]
        if self.swap:
            mean, var = var, mean
        if not use_running_average:
            mean, var = x.mean(0), (x * x).mean(0) - x.mean(0) ** 2
            if self.update:
                self._move(mean, var)
        return (x - mean) * jax.lax.rsqrt(var + 1e-5) * self.scale + self.bias

    def _move(self, mean: jax.Array, var: jax.Array) -> None:
        self.mean[...] = self.momentum * self.mean[...] + (1 - self.momentum) * mean
        self.var[...] = self.momentum * self.var[...] + (1 - self.momentum) * var


class Average(nn.Module):
    """A running mean that also counts its calls."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        mean = self.variable("batch_stats", "mean", lambda: jnp.zeros(6))
        count = self.variable("batch_stats", "count", lambda: jnp.zeros((), jnp.int32))
        if not self.is_initializing():
            mean.value = 0.99 * mean.value + 0.01 * x.mean(0)
            count.value += 1
        return x - mean.value


class LateAverage(nnx.Module):
    """The same for two calls, then with another momentum."""

    def __init__(self) -> None:
        self.mean, self.count = nnx.BatchStat(jnp.zeros(6)), nnx.BatchStat(jnp.zeros((), jnp.int32))

    def __call__(self, x: jax.Array) -> jax.Array:
        momentum = jnp.where(self.count[...] < 2, 0.99, 0.9)
        self.mean[...] = momentum * self.mean[...] + (1 - momentum) * x.mean(0)
        self.count[...] += 1
        return x - self.mean


class Linear(nnx.Module):
    """A square Dense by hand; `compute(x, kernel, bias)` is where the fault goes."""

    def __init__(self, compute: Callable[[jax.Array, jax.Array, jax.Array], object], width: int = 6):
        self.kernel, self.bias = nnx.Param(jnp.zeros((width, width))), nnx.Param(jnp.zeros(width))
        self.compute = compute

    def __call__(self, x: jax.Array) -> object:
        return self.compute(x, self.kernel[...], self.bias[...])


class Counter(nn.Module):
    """Counts its calls in a collection of its own, from 0."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        count = self.variable("batch_stats", "count", lambda: jnp.zeros((), jnp.int32))
        if not self.is_initializing():
            count.value += 1
        return x * count.value


class CounterTwin(nnx.Module):
    """The same; `step` is what a call adds."""

    def __init__(self, step: Callable[[jax.Array], jax.Array]):
        self.count = nnx.BatchStat(jnp.zeros((), jnp.int32))
        self.step = step

    def __call__(self, x: jax.Array) -> jax.Array:
        before = self.count[...]
        self.count.set_value(self.step(before))
        return x * (before + 1)


class Gru(nnx.Module):
    """nnx.GRUCell under the leaf names of nn.GRUCell; the bias `hn` has no place in it."""

    def __init__(self, n: int):
        for name in ("ir", "iz", "in", "hr", "hz", "hn"):
            layer = nnx.Linear(n, n, use_bias=name in ("ir", "iz", "in", "hn"), rngs=nnx.Rngs(0))
            setattr(self, name, layer)
        self.n = n

    def __call__(self, carry: jax.Array, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        cell = nnx.GRUCell(self.n, self.n, rngs=nnx.Rngs(0))
        i, h = ([getattr(self, side + gate) for gate in "rzn"] for side in "ih")
        cell.dense_i.kernel.set_value(jnp.concatenate([layer.kernel[...] for layer in i], -1))
        cell.dense_i.bias.set_value(jnp.concatenate([layer.bias[...] for layer in i]))
        cell.dense_h.kernel.set_value(jnp.concatenate([layer.kernel[...] for layer in h], -1))
        return cell(carry, x)
