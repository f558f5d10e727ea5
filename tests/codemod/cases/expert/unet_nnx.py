"""A U-Net for segmentation: what the way down saw is put beside the way up."""

import jax.numpy as jnp
from flax import nnx


class ConvBlock(nnx.Module):
    def __init__(self, in_features: int, features: int, *, rngs: nnx.Rngs):
        self.conv = nnx.List()
        self.batch_norm = nnx.List()
        for _ in range(2):
            self.conv.append(nnx.Conv(in_features, features, (3, 3), use_bias=False, rngs=rngs))
            self.batch_norm.append(nnx.BatchNorm(features, rngs=rngs))
            in_features = features

    def __call__(self, x, train: bool):
        for conv, batch_norm in zip(self.conv, self.batch_norm):
            x = conv(x)
            x = batch_norm(x, use_running_average=not train)
            x = nnx.relu(x)
        return x


class Down(nnx.Module):
    def __init__(self, in_features: int, features: int, *, rngs: nnx.Rngs):
        self.conv_block_0 = ConvBlock(in_features, features, rngs=rngs)

    def __call__(self, x, train: bool):
        skip = self.conv_block_0(x, train)
        return nnx.max_pool(skip, (2, 2), strides=(2, 2)), skip


class Up(nnx.Module):
    def __init__(self, x_features: int, skip_features: int, features: int, *, rngs: nnx.Rngs):
        self.conv_transpose_0 = nnx.ConvTranspose(x_features, features, (2, 2), strides=(2, 2), rngs=rngs)
        self.conv_block_0 = ConvBlock(skip_features + features, features, rngs=rngs)

    def __call__(self, x, skip, train: bool):
        x = self.conv_transpose_0(x)
        x = jnp.concatenate([skip, x], axis=-1)
        return self.conv_block_0(x, train)


class UNet(nnx.Module):
    def __init__(self, in_features: int, num_classes: int, width: int = 32, *, rngs: nnx.Rngs):
        w = width
        self.down1 = Down(in_features, w, rngs=rngs)
        self.down2 = Down(w, 2 * w, rngs=rngs)
        self.middle = ConvBlock(2 * w, 4 * w, rngs=rngs)
        self.up2 = Up(4 * w, 2 * w, 2 * w, rngs=rngs)
        self.up1 = Up(2 * w, w, w, rngs=rngs)
        self.logits = nnx.Conv(w, num_classes, (1, 1), rngs=rngs)

    def __call__(self, x, train: bool = True):
        x, skip1 = self.down1(x, train)
        x, skip2 = self.down2(x, train)
        x = self.middle(x, train)
        x = self.up2(x, skip2, train)
        x = self.up1(x, skip1, train)
        return self.logits(x)
