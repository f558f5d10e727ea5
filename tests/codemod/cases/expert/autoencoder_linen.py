"""A denoising autoencoder whose two halves are lists of layers."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from flax import linen as nn


class Autoencoder(nn.Module):
    widths: Sequence[int]
    latent_dim: int
    out_dim: int
    noise: float = 0.1
    dropout_rate: float = 0.2

    def setup(self):
        self.encoder = [DenseBlock(width, self.dropout_rate) for width in self.widths]
        self.bottleneck = nn.Dense(self.latent_dim)
        self.decoder = [DenseBlock(width, self.dropout_rate) for width in reversed(self.widths)]
        self.out = nn.Dense(self.out_dim)

    def encode(self, x, train: bool = False):
        for layer in self.encoder:
            x = layer(x, train)
        return self.bottleneck(x)

    def decode(self, z, train: bool = False):
        for layer in self.decoder:
            z = layer(z, train)
        return self.out(z)

    def __call__(self, x, train: bool = False):
        if train:
            x = x + self.noise * jax.random.normal(self.make_rng("noise"), x.shape)
        z = self.encode(x, train)
        return self.decode(z, train), z


class DenseBlock(nn.Module):
    width: int
    dropout_rate: float

    @nn.compact
    def __call__(self, x, train: bool = False):
        x = nn.Dense(self.width)(x)
        x = nn.LayerNorm()(x)
        x = nn.leaky_relu(x, 0.2)
        return nn.Dropout(self.dropout_rate, deterministic=not train)(x)


def reconstruction_loss(outputs, targets):
    return jnp.mean(jnp.square(outputs - targets))
