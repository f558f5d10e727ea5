"""A discriminator with spectral norms, and its generator."""

import jax.numpy as jnp
from flax import linen as nn


class Generator(nn.Module):
    features: int = 64
    channels: int = 3

    @nn.compact
    def __call__(self, z, train: bool = True):
        x = nn.Dense(4 * 4 * 2 * self.features)(z)
        x = x.reshape((-1, 4, 4, 2 * self.features))
        x = nn.relu(nn.BatchNorm(use_running_average=not train)(x))
        x = nn.ConvTranspose(self.features, (4, 4), (2, 2))(x)
        x = nn.relu(nn.BatchNorm(use_running_average=not train)(x))
        x = nn.ConvTranspose(self.channels, (4, 4), (2, 2))(x)
        return jnp.tanh(x)


class Discriminator(nn.Module):
    features: int = 64

    @nn.compact
    def __call__(self, x, update_stats: bool = True):
        x = nn.SpectralNorm(nn.Conv(self.features, (4, 4), (2, 2)))(x, update_stats=update_stats)
        x = nn.leaky_relu(x, 0.2)
        x = nn.SpectralNorm(nn.Conv(2 * self.features, (4, 4), (2, 2)))(x, update_stats=update_stats)
        x = nn.leaky_relu(x, 0.2)
        x = x.mean(axis=(1, 2))
        return nn.SpectralNorm(nn.Dense(1))(x, update_stats=update_stats)
