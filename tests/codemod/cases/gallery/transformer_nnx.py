import jax.numpy as jnp
from flax import nnx


class Block(nnx.Module):
    def __init__(self, in_features: int, features: int, *, rngs: nnx.Rngs):
        self.layer_norm_0 = nnx.LayerNorm(in_features, rngs=rngs)
        self.dense_0 = nnx.Linear(in_features, 4 * features, rngs=rngs)
        self.dense_1 = nnx.Linear(4 * features, features, rngs=rngs)

    def __call__(self, x, _):
        y = self.layer_norm_0(x)
        y = self.dense_0(y)
        y = self.dense_1(nnx.gelu(y))
        return x + y, None


class Stack(nnx.Module):
    """Layers scanned: one compiled block, variables stacked on axis 0."""

    def __init__(self, in_features: int, features: int, depth: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, features, rngs=rngs)

        @nnx.split_rngs(splits=depth)
        @nnx.vmap(in_axes=0, out_axes=0)
        def create(rngs: nnx.Rngs):
            return Block(features, features, rngs=rngs)

        self.blocks = create(rngs)
        self.layer_norm_0 = nnx.LayerNorm(features, rngs=rngs)

    def __call__(self, x):
        x = self.dense_0(x)

        @nnx.scan(in_axes=(nnx.Carry, 0), out_axes=nnx.Carry)
        @nnx.remat
        def scan(x, block):
            x, _ = block(x, None)
            return x

        x = scan(x, self.blocks)
        return self.layer_norm_0(x)
