"""Pre-activation ResNet with projections where the shape changes."""

import jax.numpy as jnp
from flax import linen as nn


class PreActBlock(nn.Module):
    """Two 3x3 convolutions with norms in front.

    The shortcut is projected if the width or the resolution changes.
    """

    filters: int
    strides: int = 1
    dtype: jnp.dtype = jnp.float32

    @nn.compact
    def __call__(self, x, train: bool):
        y = nn.BatchNorm(use_running_average=not train, momentum=0.9, dtype=self.dtype)(x)
        y = nn.relu(y)
        if x.shape[-1] != self.filters or self.strides != 1:
            x = nn.Conv(
                self.filters, (1, 1), self.strides, use_bias=False, dtype=self.dtype, name="proj"
            )(y)
        y = nn.Conv(self.filters, (3, 3), self.strides, use_bias=False, dtype=self.dtype)(y)
        y = nn.BatchNorm(use_running_average=not train, momentum=0.9, dtype=self.dtype)(y)
        y = nn.relu(y)
        y = nn.Conv(self.filters, (3, 3), use_bias=False, dtype=self.dtype)(y)
        return x + y


class PreActResNet(nn.Module):
    num_classes: int
    stage_sizes: tuple[int, ...] = (2, 2, 2, 2)
    width: int = 64
    dtype: jnp.dtype = jnp.float32

    @nn.compact
    def __call__(self, x, *, train: bool = True):
        x = nn.Conv(self.width, (3, 3), use_bias=False, dtype=self.dtype, name="conv_init")(x)
        for stage, size in enumerate(self.stage_sizes):
            for block in range(size):
                strides = 2 if stage > 0 and block == 0 else 1
                x = PreActBlock(self.width * 2**stage, strides, dtype=self.dtype)(x, train)
        x = nn.BatchNorm(use_running_average=not train, momentum=0.9, dtype=self.dtype)(x)
        x = nn.relu(x).mean(axis=(1, 2))
        x = nn.Dense(self.num_classes, dtype=self.dtype, name="head")(x)
        return x.astype(jnp.float32)
