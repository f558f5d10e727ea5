"""Squeeze and excitation, in an inverted bottleneck."""

import jax.numpy as jnp
from flax import nnx


class SqueezeExcite(nnx.Module):
    def __init__(self, c: int, ratio: int = 4, *, rngs: nnx.Rngs):
        self.reduce = nnx.Conv(c, c // ratio, (1, 1), rngs=rngs)
        self.expand = nnx.Conv(c // ratio, c, (1, 1), rngs=rngs)

    def __call__(self, x):
        s = x.mean(axis=(1, 2), keepdims=True)
        s = nnx.relu(self.reduce(s))
        s = nnx.sigmoid(self.expand(s))
        return x * s


class MBConv(nnx.Module):
    """Expands, filters each channel, excites, projects."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        expand_ratio: int = 4,
        strides: int = 1,
        use_se: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        self.out_channels = out_channels
        self.expand_ratio = expand_ratio
        self.strides = strides
        self.use_se = use_se
        hidden = in_channels * expand_ratio
        if expand_ratio != 1:
            self.expand = nnx.Conv(in_channels, hidden, (1, 1), use_bias=False, rngs=rngs)
            self.expand_bn = nnx.BatchNorm(hidden, rngs=rngs)
        self.depthwise = nnx.Conv(
            hidden if expand_ratio != 1 else in_channels,
            hidden,
            (3, 3),
            strides=strides,
            feature_group_count=hidden,
            use_bias=False,
            rngs=rngs,
        )
        self.depthwise_bn = nnx.BatchNorm(hidden, rngs=rngs)
        if use_se:
            self.se = SqueezeExcite(hidden, rngs=rngs)
        self.project = nnx.Conv(hidden, out_channels, (1, 1), use_bias=False, rngs=rngs)
        self.project_bn = nnx.BatchNorm(out_channels, rngs=rngs)

    def __call__(self, x, train: bool = False):
        in_channels = x.shape[-1]
        h = x
        if self.expand_ratio != 1:
            h = self.expand(h)
            h = self.expand_bn(h, use_running_average=not train)
            h = nnx.swish(h)
        h = self.depthwise(h)
        h = self.depthwise_bn(h, use_running_average=not train)
        h = nnx.swish(h)
        if self.use_se:
            h = self.se(h)
        h = self.project(h)
        h = self.project_bn(h, use_running_average=not train)
        if self.strides == 1 and in_channels == self.out_channels:
            h = h + x
        return h
