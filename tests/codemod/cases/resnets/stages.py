"""Three loops, and the block as a partial of the field."""
from collections.abc import Sequence
from functools import partial
from typing import Any

import jax.numpy as jnp
from flax import linen as nn

ModuleDef = Any


class BasicBlock(nn.Module):
    filters: int
    norm: ModuleDef
    strides: tuple[int, int] = (1, 1)

    @nn.compact
    def __call__(self, x):
        residual = x
        y = nn.Conv(self.filters, (3, 3), self.strides, use_bias=False)(x)
        y = nn.relu(self.norm()(y))
        y = nn.Conv(self.filters, (3, 3), use_bias=False)(y)
        y = self.norm()(y)
        if residual.shape != y.shape:
            residual = nn.Conv(self.filters, (1, 1), self.strides, use_bias=False)(residual)
            residual = self.norm()(residual)
        return nn.relu(y + residual)


class WideBlock(nn.Module):
    filters: int
    norm: ModuleDef
    strides: tuple[int, int] = (1, 1)
    widen: int = 2

    @nn.compact
    def __call__(self, x):
        y = nn.relu(self.norm()(x))
        y = nn.Conv(self.filters * self.widen, (3, 3), self.strides)(y)
        y = nn.relu(self.norm()(y))
        y = nn.Conv(self.filters * self.widen, (3, 3))(y)
        if x.shape != y.shape:
            x = nn.Conv(self.filters * self.widen, (1, 1), self.strides)(x)
        return x + y


class ResNet(nn.Module):
    stage_sizes: Sequence[int]
    block_cls: type[nn.Module] = BasicBlock
    num_classes: int = 10
    width: int = 16

    @nn.compact
    def __call__(self, x, train: bool = True):
        norm = partial(nn.BatchNorm, use_running_average=not train, momentum=0.9)
        block = partial(self.block_cls, norm=norm)
        x = nn.Conv(self.width, (3, 3), name="stem")(x)
        for _ in range(self.stage_sizes[0]):
            x = block(self.width)(x)
        for i in range(self.stage_sizes[1]):
            x = block(self.width * 2, strides=(2, 2) if i == 0 else (1, 1))(x)
        for i in range(self.stage_sizes[2]):
            x = block(self.width * 4, strides=(2, 2) if i == 0 else (1, 1))(x)
        x = jnp.mean(x, axis=(1, 2))
        return nn.Dense(self.num_classes)(x)


ResNet20 = partial(ResNet, stage_sizes=(3, 3, 3))
WRN16 = partial(ResNet, stage_sizes=(2, 2, 2), block_cls=WideBlock)
