"""A discriminator with spectral norms, and its generator."""

import jax.numpy as jnp
from flax import nnx
from migrate_norm.layers.nnx import SpectralNorm


class Generator(nnx.Module):
    def __init__(self, in_features: int, features: int = 64, channels: int = 3, *, rngs: nnx.Rngs):
        self.features = features
        self.dense_0 = nnx.Linear(in_features, 4 * 4 * 2 * features, rngs=rngs)
        self.batch_norm_0 = nnx.BatchNorm(2 * features, rngs=rngs)
        self.conv_transpose_0 = nnx.ConvTranspose(2 * features, features, (4, 4), (2, 2), rngs=rngs)
        self.batch_norm_1 = nnx.BatchNorm(features, rngs=rngs)
        self.conv_transpose_1 = nnx.ConvTranspose(features, channels, (4, 4), (2, 2), rngs=rngs)

    def __call__(self, z, train: bool = True):
        x = self.dense_0(z)
        x = x.reshape((-1, 4, 4, 2 * self.features))
        x = nnx.relu(self.batch_norm_0(x, use_running_average=not train))
        x = self.conv_transpose_0(x)
        x = nnx.relu(self.batch_norm_1(x, use_running_average=not train))
        x = self.conv_transpose_1(x)
        return jnp.tanh(x)


class Discriminator(nnx.Module):
    def __init__(self, in_features: int, features: int = 64, *, rngs: nnx.Rngs):
        self.spectral_norm_0 = SpectralNorm(
            nnx.Conv(in_features, features, (4, 4), (2, 2), rngs=rngs), rngs=rngs
        )
        self.spectral_norm_1 = SpectralNorm(
            nnx.Conv(features, 2 * features, (4, 4), (2, 2), rngs=rngs), rngs=rngs
        )
        self.spectral_norm_2 = SpectralNorm(nnx.Linear(2 * features, 1, rngs=rngs), rngs=rngs)

    def __call__(self, x, update_stats: bool = True):
        x = self.spectral_norm_0(x, update_stats=update_stats)
        x = nnx.leaky_relu(x, 0.2)
        x = self.spectral_norm_1(x, update_stats=update_stats)
        x = nnx.leaky_relu(x, 0.2)
        x = x.mean(axis=(1, 2))
        return self.spectral_norm_2(x, update_stats=update_stats)
