"""Blocks with an expansion and layers that may be others, strides in a list."""
from collections.abc import Sequence
from functools import partial
from typing import Any

import jax.numpy as jnp
from flax import linen as nn

ModuleDef = Any


class BasicBlock(nn.Module):
    planes: int
    stride: int = 1
    conv: ModuleDef = nn.Conv
    norm: ModuleDef = nn.BatchNorm
    expansion: int = 1

    @nn.compact
    def __call__(self, x, train: bool = True):
        norm = partial(self.norm, use_running_average=not train)
        out = self.conv(self.planes, (3, 3), (self.stride, self.stride), padding=1, use_bias=False)(x)
        out = nn.relu(norm()(out))
        out = self.conv(self.planes, (3, 3), padding=1, use_bias=False)(out)
        out = norm()(out)
        if self.stride != 1 or x.shape[-1] != self.planes * self.expansion:
            x = self.conv(self.planes * self.expansion, (1, 1), (self.stride, self.stride), use_bias=False)(x)
            x = norm()(x)
        return nn.relu(out + x)


class Bottleneck(nn.Module):
    planes: int
    stride: int = 1
    conv: ModuleDef = nn.Conv
    norm: ModuleDef = nn.BatchNorm
    expansion: int = 4

    @nn.compact
    def __call__(self, x, train: bool = True):
        norm = partial(self.norm, use_running_average=not train)
        out = nn.relu(norm()(self.conv(self.planes, (1, 1), use_bias=False)(x)))
        out = self.conv(self.planes, (3, 3), (self.stride, self.stride), padding=1, use_bias=False)(out)
        out = nn.relu(norm()(out))
        out = norm()(self.conv(self.planes * self.expansion, (1, 1), use_bias=False)(out))
        if self.stride != 1 or x.shape[-1] != self.planes * self.expansion:
            x = self.conv(self.planes * self.expansion, (1, 1), (self.stride, self.stride), use_bias=False)(x)
            x = norm()(x)
        return nn.relu(out + x)


class ResNet(nn.Module):
    block: ModuleDef
    num_blocks: Sequence[int]
    num_classes: int = 10

    @nn.compact
    def __call__(self, x, train: bool = True):
        x = nn.Conv(4, (3, 3), padding=1, use_bias=False)(x)
        x = nn.relu(nn.BatchNorm(use_running_average=not train)(x))
        for i, count in enumerate(self.num_blocks):
            for s in [1 if i == 0 else 2] + [1] * (count - 1):
                x = self.block(4 * 2**i, s)(x, train)
        x = jnp.mean(x, axis=(1, 2))
        return nn.Dense(self.num_classes)(x)


ResNet18 = partial(ResNet, block=BasicBlock, num_blocks=[2, 2, 2, 2])
ResNet50 = partial(ResNet, block=Bottleneck, num_blocks=[3, 4, 6, 3])
