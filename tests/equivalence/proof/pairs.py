"""Pairs that are the same by construction, as traced programs: layers of the catalog, norms, small models."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn
from flax import nnx
from migrate_norm.catalog.mapping import VariableMapping
from migrate_norm.equivalence import linen_side
from migrate_norm.equivalence.inputs import InputSpec, arguments
from migrate_norm.equivalence.proof.prove import _trace
from migrate_norm.equivalence.proof.trace import Traced
from migrate_norm.equivalence.twins import Twins, twins
from migrate_norm.layers import linen as our_linen
from migrate_norm.layers import nnx as our_nnx


class PairOf(NamedTuple):
    """A Linen module, a function that builds its twin, and the arguments of a call."""

    linen: nn.Module
    nnx: Callable[[], nnx.Module]
    inputs: tuple[Any, ...]
    kwargs: dict[str, Any] = {}  # noqa: RUF012
    mapping: tuple[VariableMapping, ...] = ()


def spec(*shape: int, dtype: str = "float32") -> InputSpec:
    return InputSpec(dtype, shape)


def rngs() -> nnx.Rngs:
    return nnx.Rngs(0)


class Block(nn.Module):
    """Pre-norm residual block with a gate, a branch on data and a loop."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        h = nn.gelu(nn.Dense(8, name="up")(nn.LayerNorm(name="norm")(x)))
        h = jnp.where(h > 0.5, h * 0.25, h - 1.0)
        x = x + nn.Dense(6, name="down")(h)
        return jax.lax.fori_loop(0, 3, lambda i, c: jnp.tanh(c) + i * x, x)


class BlockTwin(nnx.Module):
    def __init__(self) -> None:
        self.norm, self.up, self.down = (
            nnx.LayerNorm(6, rngs=rngs()),
            nnx.Linear(6, 8, rngs=rngs()),
            nnx.Linear(8, 6, rngs=rngs()),
        )

    def __call__(self, x: jax.Array) -> jax.Array:
        h = nnx.gelu(self.up(self.norm(x)))
        h = jnp.where(h > 0.5, h * 0.25, h - 1.0)
        x = x + self.down(h)
        return jax.lax.fori_loop(0, 3, lambda i, c: jnp.tanh(c) + i * x, x)


class Attention(nn.Module):
    """Attention by hand, with a causal mask."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        q, k, v = (nn.DenseGeneral((2, 3), name=name)(x) for name in "qkv")
        return attend(q, k, v)


class AttentionTwin(nnx.Module):
    def __init__(self) -> None:
        for name in "qkv":
            setattr(self, name, nnx.LinearGeneral(6, (2, 3), rngs=rngs()))

    def __call__(self, x: jax.Array) -> jax.Array:
        return attend(self.q(x), self.k(x), self.v(x))


def attend(q: jax.Array, k: jax.Array, v: jax.Array) -> jax.Array:
    logits = jnp.einsum("bqhd,bkhd->bhqk", q, k) / jnp.sqrt(3.0)
    mask = jnp.tril(jnp.ones((q.shape[1], k.shape[1]), bool))
    weights = jax.nn.softmax(jnp.where(mask, logits, -1e9), axis=-1)
    return jnp.einsum("bhqk,bkhd->bqhd", weights, v)


X, IMAGE = spec(4, 6), spec(2, 5, 5, 6)
EVAL, TRAIN = {"use_running_average": True}, {"use_running_average": False}
HALF = {"dtype": jnp.bfloat16}


def norm(name: str, arguments: dict[str, Any], inputs: tuple[Any, ...], **kwargs: Any) -> PairOf:
    size = inputs[0].shape[-1]
    build = getattr(our_nnx, name)
    return PairOf(
        getattr(nn, name)(**arguments), lambda: build(size, **arguments, rngs=rngs()), inputs, kwargs
    )


SCALES = VariableMapping(
    "params", ("layer_instance/kernel/scale",), ("scales", "kernel/scale"), "flax.nnx.Param"
)
PAIRS: dict[str, PairOf] = {
    "LayerNorm": norm("LayerNorm", {}, (X,)),
    "LayerNorm bf16": norm("LayerNorm", HALF, (X,)),
    "LayerNorm slow variance": norm("LayerNorm", {"use_fast_variance": False}, (X,)),
    "RMSNorm bf16": norm("RMSNorm", HALF, (X,)),
    "GroupNorm": norm("GroupNorm", {"num_groups": 3}, (IMAGE,)),
    "InstanceNorm": norm("InstanceNorm", {}, (IMAGE,)),
    "BatchNorm train": norm("BatchNorm", {}, (X,), **TRAIN),
    "BatchNorm eval bf16": norm("BatchNorm", HALF, (X,), **EVAL),
    "WeightNorm": PairOf(
        nn.WeightNorm(nn.Dense(3)),
        lambda: our_nnx.WeightNorm(nnx.Linear(6, 3, rngs=rngs()), rngs=rngs()),
        (X,),
        mapping=(SCALES,),
    ),
    "our Linen LayerNorm": PairOf(
        our_linen.LayerNorm(use_shifted_data=True),
        lambda: our_nnx.LayerNorm(6, use_shifted_data=True, rngs=rngs()),
        (X,),
    ),
    "Dense bf16": PairOf(nn.Dense(5, **HALF), lambda: nnx.Linear(6, 5, **HALF, rngs=rngs()), (X,)),
    "square Dense": PairOf(nn.Dense(6), lambda: nnx.Linear(6, 6, rngs=rngs()), (X,)),
    "Conv": PairOf(nn.Conv(6, (3, 3)), lambda: nnx.Conv(6, 6, (3, 3), rngs=rngs()), (IMAGE,)),
    "Embed": PairOf(nn.Embed(5, 3), lambda: nnx.Embed(5, 3, rngs=rngs()), (spec(7, dtype="int32"),)),
    "LSTM": PairOf(
        nn.RNN(nn.LSTMCell(4)),
        lambda: nnx.RNN(nnx.LSTMCell(6, 4, rngs=rngs()), rngs=rngs()),
        (spec(2, 3, 6),),
    ),
    "block": PairOf(Block(), BlockTwin, (X,)),
    "attention": PairOf(Attention(), AttentionTwin, (spec(2, 3, 6),)),
}


def paired(pair: PairOf) -> tuple[Twins, Any]:
    """Returns both modules with their leaves paired, and the call."""
    call = arguments(pair.inputs, pair.kwargs)
    known = linen_side.abstract(pair.linen, call, "__call__")
    return twins(pair.linen, known, pair.nnx, "__call__", pair.mapping), call


def programs(name: str, *, gradients: bool) -> tuple[Twins, Traced, Traced]:
    """Returns a pair and both of its sides, traced."""
    both, call = paired(PAIRS[name])
    return both, *_trace(both, both.shapes(), call, gradients)
