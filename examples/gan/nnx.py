"""A GAN whose critic has weights of spectral norm one (arXiv:1802.05957)."""

import jax.numpy as jnp
from flax import nnx
from migrate_norm.layers.nnx import SpectralNorm


class Generator(nnx.Module):
    """Latents to images of 16 by 16 pixels."""

    def __init__(self, in_features: int, channels: int = 3, features: int = 64, *, rngs: nnx.Rngs):
        self.features = features
        self.project = nnx.Linear(in_features, 4 * 4 * features, rngs=rngs)
        self.batch_norm_0 = nnx.BatchNorm(features, momentum=0.9, rngs=rngs)
        self.conv_transpose_0 = nnx.ConvTranspose(
            features, features // 2, (4, 4), strides=(2, 2), use_bias=False, rngs=rngs
        )
        self.batch_norm_1 = nnx.BatchNorm(features // 2, momentum=0.9, rngs=rngs)
        self.image = nnx.ConvTranspose(features // 2, channels, (4, 4), strides=(2, 2), rngs=rngs)

    def __call__(self, z, train: bool):
        x = self.project(z)
        x = x.reshape((z.shape[0], 4, 4, self.features))
        x = nnx.relu(self.batch_norm_0(x, use_running_average=not train))
        x = self.conv_transpose_0(x)
        x = nnx.relu(self.batch_norm_1(x, use_running_average=not train))
        x = self.image(x)
        return jnp.tanh(x)


class Critic(nnx.Module):
    """Images to one score each; every step of training moves the estimates of the singular values on."""

    def __init__(self, in_features: int, features: int = 64, *, rngs: nnx.Rngs):
        self.spectral_norm_0 = SpectralNorm(
            nnx.Conv(in_features, features, (4, 4), strides=(2, 2), rngs=rngs), rngs=rngs
        )
        self.spectral_norm_1 = SpectralNorm(
            nnx.Conv(features, 2 * features, (4, 4), strides=(2, 2), rngs=rngs), rngs=rngs
        )
        self.score = SpectralNorm(nnx.Linear(2 * features, 1, rngs=rngs), rngs=rngs)

    def __call__(self, x, train: bool):
        x = self.spectral_norm_0(x, update_stats=train)
        x = nnx.leaky_relu(x, 0.2)
        x = self.spectral_norm_1(x, update_stats=train)
        x = nnx.leaky_relu(x, 0.2)
        x = x.mean(axis=(1, 2))
        return self.score(x, update_stats=train)


class GAN(nnx.Module):
    """Both, as a step of training sees them."""

    def __init__(self, in_features: int, channels: int = 3, features: int = 64, *, rngs: nnx.Rngs):
        self.generator = Generator(in_features, channels, features, rngs=rngs)
        self.critic = Critic(channels, features, rngs=rngs)

    def __call__(self, z, images, train: bool):
        fake = self.generator(z, train)
        return self.critic(fake, train), self.critic(images, train)

    def sample(self, z):
        """Returns images between -1 and 1."""
        return self.generator(z, train=False)
