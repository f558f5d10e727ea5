"""A U-Net for segmentation: two levels down, two up again, each handed across."""

import jax.numpy as jnp
from flax import linen as nn


class ConvBlock(nn.Module):
    """Two convolutions with group normalization."""

    channels: int
    groups: int = 4

    @nn.compact
    def __call__(self, x):
        x = nn.Conv(self.channels, (3, 3))(x)
        x = nn.silu(nn.GroupNorm(self.groups)(x))
        x = nn.Conv(self.channels, (3, 3))(x)
        return nn.silu(nn.GroupNorm(self.groups)(x))


class Up(nn.Module):
    """Twice the resolution, joined with what was there on the way down."""

    channels: int

    @nn.compact
    def __call__(self, x, skip):
        x = nn.ConvTranspose(self.channels, (2, 2), strides=(2, 2))(x)
        return ConvBlock(self.channels)(jnp.concatenate([x, skip], axis=-1))


class UNet(nn.Module):
    """`channels` are those of the outermost level."""

    classes: int
    channels: int = 32

    @nn.compact
    def __call__(self, x):
        x = nn.Conv(self.channels, (3, 3), name="stem")(x)
        outer = ConvBlock(self.channels)(x)
        inner = ConvBlock(2 * self.channels)(nn.max_pool(outer, (2, 2), strides=(2, 2)))
        x = ConvBlock(4 * self.channels)(nn.max_pool(inner, (2, 2), strides=(2, 2)))
        x = Up(2 * self.channels)(x, inner)
        x = Up(self.channels)(x, outer)
        return nn.Conv(self.classes, (1, 1), name="head")(x)
