"""A convolutional VAE: ConvTranspose on the way back."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

Array = Any


class Encoder(nn.Module):
    c_hid: int
    latent_dim: int

    @nn.compact
    def __call__(self, x: Array) -> tuple[Array, Array]:
        x = nn.gelu(nn.Conv(self.c_hid, (3, 3), strides=2)(x))  # 32x32 => 16x16
        x = nn.gelu(nn.Conv(2 * self.c_hid, (3, 3), strides=2)(x))  # 16x16 => 8x8
        x = x.reshape(x.shape[0], -1)  # image to feature vector
        mean = nn.Dense(self.latent_dim, name="mean")(x)
        logvar = nn.Dense(self.latent_dim, name="logvar")(x)
        return mean, logvar


class Decoder(nn.Module):
    c_out: int
    c_hid: int

    @nn.compact
    def __call__(self, z: Array) -> Array:
        x = nn.gelu(nn.Dense(8 * 8 * self.c_hid)(z))
        x = x.reshape((-1, 8, 8, self.c_hid))
        x = nn.gelu(nn.ConvTranspose(self.c_hid, (3, 3), strides=(2, 2))(x))
        x = nn.ConvTranspose(self.c_out, (3, 3), strides=(2, 2))(x)
        return nn.sigmoid(x)


class VAE(nn.Module):
    """Encodes, draws, decodes."""

    c_hid: int = 32
    latent_dim: int = 128
    c_out: int = 3

    def setup(self) -> None:
        self.encoder = Encoder(c_hid=self.c_hid, latent_dim=self.latent_dim)
        self.decoder = Decoder(c_out=self.c_out, c_hid=self.c_hid)

    def __call__(self, x: Array) -> tuple[Array, Array, Array]:
        mean, logvar = self.encoder(x)
        noise = jax.random.normal(self.make_rng("noise"), mean.shape)
        z = mean + jnp.exp(0.5 * logvar) * noise
        return self.decoder(z), mean, logvar

    def decode(self, z: Array) -> Array:
        """Only the way back."""
        return self.decoder(z)
