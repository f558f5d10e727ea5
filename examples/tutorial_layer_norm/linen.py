"""Layer normalization as a first lesson writes it: two parameters and four lines of arithmetic."""

import jax
import jax.numpy as jnp
from flax import linen as nn


class MyLayerNorm(nn.Module):
    eps: float = 1e-5

    @nn.compact
    def __call__(self, x):
        d = x.shape[-1]
        gamma = self.param("gamma", nn.initializers.ones, (d,))
        beta = self.param("beta", nn.initializers.zeros, (d,))
        mu = jnp.mean(x, axis=-1, keepdims=True)
        var = jnp.mean((x - mu) ** 2, axis=-1, keepdims=True)
        x_hat = (x - mu) / jnp.sqrt(var + self.eps)
        return gamma * x_hat + beta


def layernorm_forward(seed, x, eps):
    """Normalizes the last axis of `x` with a fresh layer; numbers may arrive as floats."""
    model = MyLayerNorm(eps=float(eps))
    params = model.init(jax.random.key(int(seed)), x)
    return model.apply(params, x)
