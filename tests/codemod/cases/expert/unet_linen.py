"""A U-Net for segmentation: what the way down saw is put beside the way up."""

import jax.numpy as jnp
from flax import linen as nn


class ConvBlock(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x, train: bool):
        for _ in range(2):
            x = nn.Conv(self.features, (3, 3), use_bias=False)(x)
            x = nn.BatchNorm(use_running_average=not train)(x)
            x = nn.relu(x)
        return x


class Down(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x, train: bool):
        skip = ConvBlock(self.features)(x, train)
        return nn.max_pool(skip, (2, 2), strides=(2, 2)), skip


class Up(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x, skip, train: bool):
        x = nn.ConvTranspose(self.features, (2, 2), strides=(2, 2))(x)
        x = jnp.concatenate([skip, x], axis=-1)
        return ConvBlock(self.features)(x, train)


class UNet(nn.Module):
    num_classes: int
    width: int = 32

    def setup(self):
        w = self.width
        self.down1 = Down(w)
        self.down2 = Down(2 * w)
        self.middle = ConvBlock(4 * w)
        self.up2 = Up(2 * w)
        self.up1 = Up(w)
        self.logits = nn.Conv(self.num_classes, (1, 1))

    def __call__(self, x, train: bool = True):
        x, skip1 = self.down1(x, train)
        x, skip2 = self.down2(x, train)
        x = self.middle(x, train)
        x = self.up2(x, skip2, train)
        x = self.up1(x, skip1, train)
        return self.logits(x)
