"""A small WaveNet: dilated causal convolutions with gates, skips summed."""

import jax.numpy as jnp
from flax import nnx


class ResidualBlock(nnx.Module):
    """One gated convolution."""

    def __init__(
        self,
        in_features: int,
        channels: int,
        dilation: int,
        kernel_size: int = 2,
        *,
        rngs: nnx.Rngs,
    ):
        self.conv_0 = nnx.Conv(
            in_features,
            2 * channels,
            (kernel_size,),
            kernel_dilation=(dilation,),
            padding="CAUSAL",
            rngs=rngs,
        )
        self.skip = nnx.Conv(channels, channels, (1,), rngs=rngs)
        self.residual = nnx.Conv(channels, channels, (1,), rngs=rngs)

    def __call__(self, x):
        h = self.conv_0(x)
        filt, gate = jnp.split(h, 2, axis=-1)
        h = nnx.tanh(filt) * nnx.sigmoid(gate)
        skip = self.skip(h)
        residual = self.residual(h)
        return x + residual, skip


class WaveNet(nnx.Module):
    def __init__(
        self, channels: int = 32, num_layers: int = 8, num_classes: int = 256, *, rngs: nnx.Rngs
    ):
        self.embed_0 = nnx.Embed(num_classes, channels, rngs=rngs)
        self.block = nnx.List(
            ResidualBlock(channels, channels, dilation=2**i, rngs=rngs) for i in range(num_layers)
        )
        self.conv_0 = nnx.Conv(channels, channels, (1,), rngs=rngs)
        self.conv_1 = nnx.Conv(
            channels, num_classes, (1,), kernel_init=nnx.initializers.zeros, rngs=rngs
        )

    def __call__(self, tokens):
        x = self.embed_0(tokens)
        skips = 0.0
        for block in self.block:
            x, skip = block(x)
            skips += skip
        y = nnx.relu(skips)
        y = nnx.relu(self.conv_0(y))
        return self.conv_1(y)
