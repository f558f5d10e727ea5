"""A denoising autoencoder whose two halves are lists of layers."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from flax import nnx


class Autoencoder(nnx.Module):
    def __init__(
        self,
        in_features: int,
        widths: Sequence[int],
        latent_dim: int,
        out_dim: int,
        noise: float = 0.1,
        dropout_rate: float = 0.2,
        *,
        rngs: nnx.Rngs,
    ):
        self.noise = noise
        self.rngs = rngs.fork()
        self.encoder = nnx.List()
        for width in widths:
            self.encoder.append(DenseBlock(in_features, width, dropout_rate, rngs=rngs))
            in_features = width
        self.bottleneck = nnx.Linear(in_features, latent_dim, rngs=rngs)
        self.decoder = nnx.List()
        features = latent_dim
        for width in reversed(widths):
            self.decoder.append(DenseBlock(features, width, dropout_rate, rngs=rngs))
            features = width
        self.out = nnx.Linear(features, out_dim, rngs=rngs)

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
            x = x + self.noise * jax.random.normal(self.rngs.noise(), x.shape)
        z = self.encode(x, train)
        return self.decode(z, train), z


class DenseBlock(nnx.Module):
    def __init__(self, in_features: int, width: int, dropout_rate: float, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, width, rngs=rngs)
        self.layer_norm_0 = nnx.LayerNorm(width, rngs=rngs)
        self.dropout_0 = nnx.Dropout(dropout_rate, rngs=rngs)

    def __call__(self, x, train: bool = False):
        x = self.dense_0(x)
        x = self.layer_norm_0(x)
        x = nnx.leaky_relu(x, 0.2)
        return self.dropout_0(x, deterministic=not train)


def reconstruction_loss(outputs, targets):
    return jnp.mean(jnp.square(outputs - targets))
