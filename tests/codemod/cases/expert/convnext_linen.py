"""ConvNeXt: depthwise convolutions, layer scale, stochastic depth."""

from collections.abc import Sequence

import jax
from flax import linen as nn


class DropPath(nn.Module):
    """Leaves whole examples out."""

    rate: float

    @nn.compact
    def __call__(self, x, deterministic: bool = True):
        if deterministic or self.rate == 0.0:
            return x
        keep = 1.0 - self.rate
        shape = (x.shape[0],) + (1,) * (x.ndim - 1)
        mask = jax.random.bernoulli(self.make_rng("dropout"), keep, shape)
        return x * mask / keep


class Block(nn.Module):
    dim: int
    drop_rate: float = 0.0
    layer_scale: float = 1e-6

    @nn.compact
    def __call__(self, x, deterministic: bool = True):
        h = nn.Conv(self.dim, (7, 7), feature_group_count=self.dim, name="dwconv")(x)
        h = nn.LayerNorm(epsilon=1e-6)(h)
        h = nn.gelu(nn.Dense(4 * self.dim, name="expand")(h))
        h = nn.Dense(self.dim, name="project")(h)
        if self.layer_scale > 0:
            gamma = self.param("gamma", nn.initializers.constant(self.layer_scale), (self.dim,))
            h = gamma * h
        return x + DropPath(self.drop_rate)(h, deterministic)


class ConvNeXt(nn.Module):
    num_classes: int
    depths: Sequence[int] = (3, 3, 9, 3)
    dims: Sequence[int] = (96, 192, 384, 768)
    drop_rate: float = 0.1

    @nn.compact
    def __call__(self, x, train: bool = False):
        # stem
        x = nn.Conv(self.dims[0], (4, 4), strides=(4, 4))(x)
        x = nn.LayerNorm(epsilon=1e-6)(x)

        for stage, (depth, dim) in enumerate(zip(self.depths, self.dims)):
            if stage > 0:
                x = nn.LayerNorm(epsilon=1e-6)(x)
                x = nn.Conv(dim, (2, 2), strides=(2, 2))(x)
            for i in range(depth):
                x = Block(dim, self.drop_rate * i / depth)(x, not train)

        x = x.mean(axis=(1, 2))
        x = nn.LayerNorm(epsilon=1e-6, name="norm")(x)
        return nn.Dense(self.num_classes, name="head")(x)
