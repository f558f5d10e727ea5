"""One small network in both APIs: boxes, statistics, a collection of its own, a list, and a Dropout."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn
from flax import nnx

SIZE = 4


class LinenNet(nn.Module):
    @nn.compact
    def __call__(self, x: jax.Array, train: bool = False) -> jax.Array:
        for _ in range(11):
            x = x + nn.Dense(SIZE)(x)
        boxed = nn.with_partitioning(nn.initializers.lecun_normal(), (None, "model"))
        x = nn.Dense(3, kernel_init=boxed, name="head")(x)
        seen = self.variable("tally", "seen", lambda: jnp.zeros((), jnp.int32))
        if train and not self.is_initializing():
            seen.value = seen.value + 1
        x = nn.BatchNorm(use_running_average=not train)(x)
        return nn.Dropout(0.5, deterministic=True)(x)


@nnx.register_variable_name("tally")
class Tally(nnx.Variable[Any]):
    """The Variable type of the collection `tally`."""


class NNXNet(nnx.Module):
    def __init__(self, size: int, *, rngs: nnx.Rngs) -> None:
        self.dense = nnx.List([nnx.Linear(size, size, rngs=rngs) for _ in range(11)])
        self.head = nnx.Linear(size, 3, rngs=rngs)
        self.seen = Tally(jnp.zeros((), jnp.int32))
        self.batch_norm_0 = nnx.BatchNorm(3, rngs=rngs)
        self.dropout = nnx.Dropout(0.5, rngs=rngs)

    def __call__(self, x: jax.Array, train: bool = False) -> jax.Array:
        for layer in self.dense:
            x = x + layer(x)
        x = self.head(x)
        if train:
            self.seen[...] += 1
        x = self.batch_norm_0(x, use_running_average=not train)
        return self.dropout(x, deterministic=True)


def build() -> NNXNet:
    return NNXNet(SIZE, rngs=nnx.Rngs(0))


def linen_variables() -> Any:
    """Random values in every leaf, positive so that they can be variances."""
    shapes = jax.eval_shape(LinenNet().init, jax.random.key(0), jnp.ones((2, SIZE)))
    rng = np.random.default_rng(7)

    def draw(leaf: jax.ShapeDtypeStruct) -> jax.Array:
        whole = jnp.issubdtype(leaf.dtype, jnp.integer)
        return jnp.asarray(
            rng.integers(1, 9, leaf.shape) if whole else rng.uniform(0.1, 0.4, leaf.shape), leaf.dtype
        )

    return jax.tree.map(draw, shapes)
