"""ConvNeXt: depthwise convolutions, layer scale, stochastic depth."""

from collections.abc import Sequence

import jax
from flax import nnx


class DropPath(nnx.Module):
    """Leaves whole examples out."""

    def __init__(self, rate: float, *, rngs: nnx.Rngs):
        self.rate = rate
        self.rngs = rngs.fork()

    def __call__(self, x, deterministic: bool = True):
        if deterministic or self.rate == 0.0:
            return x
        keep = 1.0 - self.rate
        shape = (x.shape[0],) + (1,) * (x.ndim - 1)
        mask = jax.random.bernoulli(self.rngs.dropout(), keep, shape)
        return x * mask / keep


class Block(nnx.Module):
    def __init__(
        self, in_features: int, dim: int, drop_rate: float = 0.0, layer_scale: float = 1e-6, *, rngs: nnx.Rngs
    ):
        self.layer_scale = layer_scale
        self.dwconv = nnx.Conv(in_features, dim, (7, 7), feature_group_count=dim, rngs=rngs)
        self.layer_norm_0 = nnx.LayerNorm(dim, epsilon=1e-6, rngs=rngs)
        self.expand = nnx.Linear(dim, 4 * dim, rngs=rngs)
        self.project = nnx.Linear(4 * dim, dim, rngs=rngs)
        if layer_scale > 0:
            self.gamma = nnx.Param(nnx.initializers.constant(layer_scale)(rngs.params(), (dim,)))
        self.drop_path_0 = DropPath(drop_rate, rngs=rngs)

    def __call__(self, x, deterministic: bool = True):
        h = self.dwconv(x)
        h = self.layer_norm_0(h)
        h = nnx.gelu(self.expand(h))
        h = self.project(h)
        if self.layer_scale > 0:
            h = self.gamma * h
        return x + self.drop_path_0(h, deterministic)


class ConvNeXt(nnx.Module):
    def __init__(
        self,
        in_features: int,
        num_classes: int,
        depths: Sequence[int] = (3, 3, 9, 3),
        dims: Sequence[int] = (96, 192, 384, 768),
        drop_rate: float = 0.1,
        *,
        rngs: nnx.Rngs,
    ):
        self.depths = depths
        self.dims = dims
        # stem
        self.conv_0 = nnx.Conv(in_features, dims[0], (4, 4), strides=(4, 4), rngs=rngs)
        self.layer_norm_0 = nnx.LayerNorm(dims[0], epsilon=1e-6, rngs=rngs)

        self.layer_norm = nnx.List()
        self.conv = nnx.List()
        self.block = nnx.List()
        features = dims[0]
        for stage, (depth, dim) in enumerate(zip(depths, dims)):
            if stage > 0:
                self.layer_norm.append(nnx.LayerNorm(features, epsilon=1e-6, rngs=rngs))
                self.conv.append(nnx.Conv(features, dim, (2, 2), strides=(2, 2), rngs=rngs))
            features_ = dim if stage > 0 else features
            for i in range(depth):
                self.block.append(Block(features_, dim, drop_rate * i / depth, rngs=rngs))
                features_ = dim
            features = features_
        self.norm = nnx.LayerNorm(features, epsilon=1e-6, rngs=rngs)
        self.head = nnx.Linear(features, num_classes, rngs=rngs)

    def __call__(self, x, train: bool = False):
        # stem
        x = self.conv_0(x)
        x = self.layer_norm_0(x)

        layer_norms = iter(self.layer_norm)
        convs = iter(self.conv)
        blocks = iter(self.block)
        for stage, (depth, dim) in enumerate(zip(self.depths, self.dims)):
            if stage > 0:
                x = next(layer_norms)(x)
                x = next(convs)(x)
            for i in range(depth):
                x = next(blocks)(x, not train)

        x = x.mean(axis=(1, 2))
        x = self.norm(x)
        return self.head(x)
