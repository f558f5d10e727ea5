"""A convolutional VAE: ConvTranspose on the way back."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

Array = Any


class Encoder(nnx.Module):
    def __init__(
        self, in_shape: tuple[int, int, int], c_hid: int, latent_dim: int, *, rngs: nnx.Rngs
    ):
        height, width, channels = in_shape
        self.conv_0 = nnx.Conv(channels, c_hid, (3, 3), strides=2, rngs=rngs)
        self.conv_1 = nnx.Conv(c_hid, 2 * c_hid, (3, 3), strides=2, rngs=rngs)
        self.mean = nnx.Linear(
            ((height + 1) // 2 + 1) // 2 * (((width + 1) // 2 + 1) // 2) * (2 * c_hid),
            latent_dim,
            rngs=rngs,
        )
        self.logvar = nnx.Linear(
            ((height + 1) // 2 + 1) // 2 * (((width + 1) // 2 + 1) // 2) * (2 * c_hid),
            latent_dim,
            rngs=rngs,
        )

    def __call__(self, x: Array) -> tuple[Array, Array]:
        x = nnx.gelu(self.conv_0(x))  # 32x32 => 16x16
        x = nnx.gelu(self.conv_1(x))  # 16x16 => 8x8
        x = x.reshape(x.shape[0], -1)  # image to feature vector
        mean = self.mean(x)
        logvar = self.logvar(x)
        return mean, logvar


class Decoder(nnx.Module):
    def __init__(self, in_features: int, c_out: int, c_hid: int, *, rngs: nnx.Rngs):
        self.c_hid = c_hid
        self.dense_0 = nnx.Linear(in_features, 8 * 8 * c_hid, rngs=rngs)
        self.conv_transpose_0 = nnx.ConvTranspose(c_hid, c_hid, (3, 3), strides=(2, 2), rngs=rngs)
        self.conv_transpose_1 = nnx.ConvTranspose(c_hid, c_out, (3, 3), strides=(2, 2), rngs=rngs)

    def __call__(self, z: Array) -> Array:
        x = nnx.gelu(self.dense_0(z))
        x = x.reshape((-1, 8, 8, self.c_hid))
        x = nnx.gelu(self.conv_transpose_0(x))
        x = self.conv_transpose_1(x)
        return nnx.sigmoid(x)


class VAE(nnx.Module):
    """Encodes, draws, decodes."""

    def __init__(
        self,
        in_shape: tuple[int, int, int],
        c_hid: int = 32,
        latent_dim: int = 128,
        c_out: int = 3,
        *,
        rngs: nnx.Rngs,
    ):
        self.rngs = rngs.fork()
        self.encoder = Encoder(in_shape, c_hid=c_hid, latent_dim=latent_dim, rngs=rngs)
        self.decoder = Decoder(latent_dim, c_out=c_out, c_hid=c_hid, rngs=rngs)

    def __call__(self, x: Array) -> tuple[Array, Array, Array]:
        mean, logvar = self.encoder(x)
        noise = jax.random.normal(self.rngs.noise(), mean.shape)
        z = mean + jnp.exp(0.5 * logvar) * noise
        return self.decoder(z), mean, logvar

    def decode(self, z: Array) -> Array:
        """Only the way back."""
        return self.decoder(z)
