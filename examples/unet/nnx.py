"""A U-Net for segmentation: two levels down, two up again, each handed across."""

import jax.numpy as jnp
from flax import nnx


class ConvBlock(nnx.Module):
    """Two convolutions with group normalization."""

    def __init__(self, in_features: int, channels: int, groups: int = 4, *, rngs: nnx.Rngs):
        self.conv_0 = nnx.Conv(in_features, channels, (3, 3), rngs=rngs)
        self.group_norm_0 = nnx.GroupNorm(channels, num_groups=groups, rngs=rngs)
        self.conv_1 = nnx.Conv(channels, channels, (3, 3), rngs=rngs)
        self.group_norm_1 = nnx.GroupNorm(channels, num_groups=groups, rngs=rngs)

    def __call__(self, x):
        x = self.conv_0(x)
        x = nnx.silu(self.group_norm_0(x))
        x = self.conv_1(x)
        return nnx.silu(self.group_norm_1(x))


class Up(nnx.Module):
    """Twice the resolution, joined with what was there on the way down."""

    def __init__(self, x_features: int, skip_features: int, channels: int, *, rngs: nnx.Rngs):
        self.conv_transpose_0 = nnx.ConvTranspose(x_features, channels, (2, 2), strides=(2, 2), rngs=rngs)
        self.conv_block_0 = ConvBlock(channels + skip_features, channels, rngs=rngs)

    def __call__(self, x, skip):
        x = self.conv_transpose_0(x)
        return self.conv_block_0(jnp.concatenate([x, skip], axis=-1))


class UNet(nnx.Module):
    """`channels` are those of the outermost level."""

    def __init__(self, in_features: int, classes: int, channels: int = 32, *, rngs: nnx.Rngs):
        self.stem = nnx.Conv(in_features, channels, (3, 3), rngs=rngs)
        self.conv_block_0 = ConvBlock(channels, channels, rngs=rngs)
        self.conv_block_1 = ConvBlock(channels, 2 * channels, rngs=rngs)
        self.conv_block_2 = ConvBlock(2 * channels, 4 * channels, rngs=rngs)
        self.up_0 = Up(4 * channels, 2 * channels, 2 * channels, rngs=rngs)
        self.up_1 = Up(2 * channels, channels, channels, rngs=rngs)
        self.head = nnx.Conv(channels, classes, (1, 1), rngs=rngs)

    def __call__(self, x):
        x = self.stem(x)
        outer = self.conv_block_0(x)
        inner = self.conv_block_1(nnx.max_pool(outer, (2, 2), strides=(2, 2)))
        x = self.conv_block_2(nnx.max_pool(inner, (2, 2), strides=(2, 2)))
        x = self.up_0(x, inner)
        x = self.up_1(x, outer)
        return self.head(x)
