"""A small WaveNet: dilated causal convolutions with gates, skips summed."""

import jax.numpy as jnp
from flax import linen as nn


class ResidualBlock(nn.Module):
    """One gated convolution."""

    channels: int
    dilation: int
    kernel_size: int = 2

    @nn.compact
    def __call__(self, x):
        h = nn.Conv(
            2 * self.channels,
            (self.kernel_size,),
            kernel_dilation=(self.dilation,),
            padding="CAUSAL",
        )(x)
        filt, gate = jnp.split(h, 2, axis=-1)
        h = nn.tanh(filt) * nn.sigmoid(gate)
        skip = nn.Conv(self.channels, (1,), name="skip")(h)
        residual = nn.Conv(self.channels, (1,), name="residual")(h)
        return x + residual, skip


class WaveNet(nn.Module):
    channels: int = 32
    num_layers: int = 8
    num_classes: int = 256

    @nn.compact
    def __call__(self, tokens):
        x = nn.Embed(self.num_classes, self.channels)(tokens)
        skips = 0.0
        for i in range(self.num_layers):
            x, skip = ResidualBlock(self.channels, dilation=2**i, name=f"block_{i}")(x)
            skips += skip
        y = nn.relu(skips)
        y = nn.relu(nn.Conv(self.channels, (1,))(y))
        return nn.Conv(self.num_classes, (1,), kernel_init=nn.initializers.zeros)(y)
