"""A GAN whose critic has weights of spectral norm one (arXiv:1802.05957)."""

import jax.numpy as jnp
from flax import linen as nn


class Generator(nn.Module):
    """Latents to images of 16 by 16 pixels."""

    channels: int = 3
    features: int = 64

    @nn.compact
    def __call__(self, z, train: bool):
        x = nn.Dense(4 * 4 * self.features, name="project")(z)
        x = x.reshape((z.shape[0], 4, 4, self.features))
        x = nn.relu(nn.BatchNorm(use_running_average=not train, momentum=0.9)(x))
        x = nn.ConvTranspose(self.features // 2, (4, 4), strides=(2, 2), use_bias=False)(x)
        x = nn.relu(nn.BatchNorm(use_running_average=not train, momentum=0.9)(x))
        x = nn.ConvTranspose(self.channels, (4, 4), strides=(2, 2), name="image")(x)
        return jnp.tanh(x)


class Critic(nn.Module):
    """Images to one score each; every step of training moves the estimates of the singular values on."""

    features: int = 64

    @nn.compact
    def __call__(self, x, train: bool):
        x = nn.SpectralNorm(nn.Conv(self.features, (4, 4), strides=(2, 2)))(x, update_stats=train)
        x = nn.leaky_relu(x, 0.2)
        x = nn.SpectralNorm(nn.Conv(2 * self.features, (4, 4), strides=(2, 2)))(x, update_stats=train)
        x = nn.leaky_relu(x, 0.2)
        x = x.mean(axis=(1, 2))
        return nn.SpectralNorm(nn.Dense(1), name="score")(x, update_stats=train)


class GAN(nn.Module):
    """Both, as a step of training sees them."""

    channels: int = 3
    features: int = 64

    def setup(self):
        self.generator = Generator(self.channels, self.features)
        self.critic = Critic(self.features)

    def __call__(self, z, images, train: bool):
        fake = self.generator(z, train)
        return self.critic(fake, train), self.critic(images, train)

    def sample(self, z):
        """Returns images between -1 and 1."""
        return self.generator(z, train=False)
