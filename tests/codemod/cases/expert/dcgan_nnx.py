"""A DCGAN: strided convolutions down, transposed ones up."""

from collections.abc import Sequence
from functools import partial

import jax.numpy as jnp
from flax import nnx

conv_init = nnx.initializers.normal(0.02)


class Generator(nnx.Module):
    def __init__(
        self,
        in_features: int,
        widths: Sequence[int] = (256, 128, 64),
        channels: int = 3,
        training: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        deconv = partial(nnx.ConvTranspose, kernel_size=(4, 4), use_bias=False, kernel_init=conv_init)
        self.conv_transpose_0 = deconv(in_features, widths[0], padding="VALID", rngs=rngs)
        self.batch_norm_0 = nnx.BatchNorm(widths[0], use_running_average=not training, rngs=rngs)
        self.conv_transpose = nnx.List()
        self.batch_norm = nnx.List()
        features = widths[0]
        for width in widths[1:]:
            self.conv_transpose.append(deconv(features, width, strides=(2, 2), padding="SAME", rngs=rngs))
            self.batch_norm.append(nnx.BatchNorm(width, use_running_average=not training, rngs=rngs))
            features = width
        self.conv_transpose_2 = deconv(features, channels, strides=(2, 2), padding="SAME", rngs=rngs)

    def __call__(self, z):
        x = z[:, None, None, :]
        x = self.conv_transpose_0(x)
        x = self.batch_norm_0(x)
        x = nnx.relu(x)
        for conv_transpose, batch_norm in zip(self.conv_transpose, self.batch_norm):
            x = conv_transpose(x)
            x = batch_norm(x)
            x = nnx.relu(x)
        x = self.conv_transpose_2(x)
        return jnp.tanh(x)


class Discriminator(nnx.Module):
    def __init__(
        self,
        in_features: int,
        widths: Sequence[int] = (64, 128, 256),
        training: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        self.conv = nnx.List()
        self.batch_norm = nnx.List()
        for i, width in enumerate(widths):
            self.conv.append(
                nnx.Conv(
                    in_features, width, (4, 4), strides=(2, 2), use_bias=i == 0, kernel_init=conv_init, rngs=rngs
                )
            )
            if i > 0:
                self.batch_norm.append(nnx.BatchNorm(width, use_running_average=not training, rngs=rngs))
            in_features = width
        self.dense_0 = nnx.Linear(in_features, 1, rngs=rngs)

    def __call__(self, x):
        batch_norms = iter(self.batch_norm)
        for i, conv in enumerate(self.conv):
            x = conv(x)
            if i > 0:
                x = next(batch_norms)(x)
            x = nnx.leaky_relu(x, negative_slope=0.2)
        x = x.mean(axis=(1, 2))
        return self.dense_0(x)
