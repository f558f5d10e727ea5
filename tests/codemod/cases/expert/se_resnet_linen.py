"""Squeeze and excitation, in an inverted bottleneck."""

import jax.numpy as jnp
from flax import linen as nn


class SqueezeExcite(nn.Module):
    ratio: int = 4

    @nn.compact
    def __call__(self, x):
        c = x.shape[-1]
        s = x.mean(axis=(1, 2), keepdims=True)
        s = nn.relu(nn.Conv(c // self.ratio, (1, 1), name="reduce")(s))
        s = nn.sigmoid(nn.Conv(c, (1, 1), name="expand")(s))
        return x * s


class MBConv(nn.Module):
    """Expands, filters each channel, excites, projects."""

    out_channels: int
    expand_ratio: int = 4
    strides: int = 1
    use_se: bool = True

    @nn.compact
    def __call__(self, x, train: bool = False):
        in_channels = x.shape[-1]
        hidden = in_channels * self.expand_ratio
        h = x
        if self.expand_ratio != 1:
            h = nn.Conv(hidden, (1, 1), use_bias=False, name="expand")(h)
            h = nn.BatchNorm(use_running_average=not train, name="expand_bn")(h)
            h = nn.swish(h)
        h = nn.Conv(
            hidden,
            (3, 3),
            strides=self.strides,
            feature_group_count=hidden,  # depthwise
            use_bias=False,
            name="depthwise",
        )(h)
        h = nn.BatchNorm(use_running_average=not train, name="depthwise_bn")(h)
        h = nn.swish(h)
        if self.use_se:
            h = SqueezeExcite(name="se")(h)
        h = nn.Conv(self.out_channels, (1, 1), use_bias=False, name="project")(h)
        h = nn.BatchNorm(use_running_average=not train, name="project_bn")(h)
        if self.strides == 1 and in_channels == self.out_channels:
            h = h + x
        return h
