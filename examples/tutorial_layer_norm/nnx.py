"""Layer normalization as a first lesson writes it: two parameters and four lines of arithmetic."""

import jax.numpy as jnp
from flax import nnx


class MyLayerNorm(nnx.Module):
    def __init__(self, d: int, eps: float = 1e-5, *, rngs: nnx.Rngs):
        self.eps = eps
        self.gamma = nnx.Param(nnx.initializers.ones(rngs.params(), (d,)))
        self.beta = nnx.Param(nnx.initializers.zeros(rngs.params(), (d,)))

    def __call__(self, x):
        mu = jnp.mean(x, axis=-1, keepdims=True)
        var = jnp.mean((x - mu) ** 2, axis=-1, keepdims=True)
        x_hat = (x - mu) / jnp.sqrt(var + self.eps)
        return self.gamma * x_hat + self.beta


def layernorm_forward(seed, x, eps):
    """Normalizes the last axis of `x` with a fresh layer; numbers may arrive as floats."""
    model = MyLayerNorm(x.shape[-1], eps=float(eps), rngs=nnx.Rngs(int(seed)))
    return model(x)
