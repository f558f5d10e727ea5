"""Vector quantisation with a codebook that follows by moving averages."""

import jax
import jax.numpy as jnp
from flax import nnx


@nnx.register_variable_name("codebook")
class Codebook(nnx.Variable):
    """Linen's collection `codebook`."""


class VectorQuantizerEMA(nnx.Module):
    """Codes are averages of what was mapped to them; no gradient reaches them."""

    def __init__(
        self,
        dim: int,
        num_codes: int,
        decay: float = 0.99,
        epsilon: float = 1e-5,
        *,
        rngs: nnx.Rngs,
    ):
        self.num_codes = num_codes
        self.decay = decay
        self.epsilon = epsilon
        self.codes = Codebook(nnx.initializers.lecun_uniform()(rngs.params(), (num_codes, dim)))
        self.counts = Codebook(jnp.zeros((num_codes,)))
        self.sums = Codebook(jnp.zeros((num_codes, dim)))

    def __call__(self, x, train: bool = False):
        dim = x.shape[-1]

        flat = x.reshape(-1, dim)
        distances = (
            jnp.sum(flat**2, axis=1, keepdims=True)
            - 2 * flat @ self.codes[...].T
            + jnp.sum(self.codes[...] ** 2, axis=1)
        )
        indices = jnp.argmin(distances, axis=1)
        quantized = self.codes[...][indices].reshape(x.shape)

        if train:
            one_hot = jax.nn.one_hot(indices, self.num_codes)
            self.counts[...] = self.decay * self.counts[...] + (1 - self.decay) * one_hot.sum(
                axis=0
            )
            self.sums[...] = self.decay * self.sums[...] + (1 - self.decay) * one_hot.T @ flat
            self.codes[...] = self.sums[...] / (self.counts[...][:, None] + self.epsilon)

        loss = jnp.mean((jax.lax.stop_gradient(quantized) - x) ** 2)
        # straight through
        quantized = x + jax.lax.stop_gradient(quantized - x)
        return quantized, loss


class VQAutoencoder(nnx.Module):
    def __init__(
        self, in_features: int, hidden: int, code_dim: int, num_codes: int, *, rngs: nnx.Rngs
    ):
        self.encoder = nnx.Sequential(
            nnx.Linear(in_features, hidden, rngs=rngs),
            nnx.relu,
            nnx.Linear(hidden, code_dim, rngs=rngs),
        )
        self.quantizer = VectorQuantizerEMA(code_dim, num_codes, rngs=rngs)
        self.decoder = nnx.Sequential(
            nnx.Linear(code_dim, hidden, rngs=rngs), nnx.relu, nnx.Linear(hidden, 16, rngs=rngs)
        )

    def __call__(self, x, train=False):
        quantized, loss = self.quantizer(self.encoder(x), train)
        return self.decoder(quantized), loss
