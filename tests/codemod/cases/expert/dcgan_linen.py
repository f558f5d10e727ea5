"""A DCGAN: strided convolutions down, transposed ones up."""

from collections.abc import Sequence
from functools import partial

import jax.numpy as jnp
from flax import linen as nn

conv_init = nn.initializers.normal(0.02)


class Generator(nn.Module):
    widths: Sequence[int] = (256, 128, 64)
    channels: int = 3
    training: bool = True

    @nn.compact
    def __call__(self, z):
        deconv = partial(nn.ConvTranspose, kernel_size=(4, 4), use_bias=False, kernel_init=conv_init)
        x = z[:, None, None, :]
        x = deconv(self.widths[0], padding="VALID")(x)
        x = nn.BatchNorm(not self.training)(x)
        x = nn.relu(x)
        for width in self.widths[1:]:
            x = deconv(width, strides=(2, 2), padding="SAME")(x)
            x = nn.BatchNorm(not self.training)(x)
            x = nn.relu(x)
        x = deconv(self.channels, strides=(2, 2), padding="SAME")(x)
        return jnp.tanh(x)


class Discriminator(nn.Module):
    widths: Sequence[int] = (64, 128, 256)
    training: bool = True

    @nn.compact
    def __call__(self, x):
        for i, width in enumerate(self.widths):
            x = nn.Conv(width, (4, 4), strides=(2, 2), use_bias=i == 0, kernel_init=conv_init)(x)
            if i > 0:
                x = nn.BatchNorm(not self.training)(x)
            x = nn.leaky_relu(x, negative_slope=0.2)
        x = x.mean(axis=(1, 2))
        return nn.Dense(1)(x)
