"""Vector quantisation with a codebook that follows by moving averages."""

import jax
import jax.numpy as jnp
from flax import linen as nn


class VectorQuantizerEMA(nn.Module):
    """Codes are averages of what was mapped to them; no gradient reaches them."""

    num_codes: int
    decay: float = 0.99
    epsilon: float = 1e-5

    @nn.compact
    def __call__(self, x, train: bool = False):
        dim = x.shape[-1]
        codebook = self.variable(
            "codebook", "codes", lambda: nn.initializers.lecun_uniform()(self.make_rng("params"), (self.num_codes, dim))
        )
        counts = self.variable("codebook", "counts", jnp.zeros, (self.num_codes,))
        sums = self.variable("codebook", "sums", jnp.zeros, (self.num_codes, dim))

        flat = x.reshape(-1, dim)
        distances = (
            jnp.sum(flat**2, axis=1, keepdims=True)
            - 2 * flat @ codebook.value.T
            + jnp.sum(codebook.value**2, axis=1)
        )
        indices = jnp.argmin(distances, axis=1)
        quantized = codebook.value[indices].reshape(x.shape)

        if train and not self.is_initializing():
            one_hot = jax.nn.one_hot(indices, self.num_codes)
            counts.value = self.decay * counts.value + (1 - self.decay) * one_hot.sum(axis=0)
            sums.value = self.decay * sums.value + (1 - self.decay) * one_hot.T @ flat
            codebook.value = sums.value / (counts.value[:, None] + self.epsilon)

        loss = jnp.mean((jax.lax.stop_gradient(quantized) - x) ** 2)
        # straight through
        quantized = x + jax.lax.stop_gradient(quantized - x)
        return quantized, loss


class VQAutoencoder(nn.Module):
    hidden: int
    code_dim: int
    num_codes: int

    def setup(self):
        self.encoder = nn.Sequential([nn.Dense(self.hidden), nn.relu, nn.Dense(self.code_dim)])
        self.quantizer = VectorQuantizerEMA(self.num_codes)
        self.decoder = nn.Sequential([nn.Dense(self.hidden), nn.relu, nn.Dense(16)])

    def __call__(self, x, train=False):
        quantized, loss = self.quantizer(self.encoder(x), train)
        return self.decoder(quantized), loss
