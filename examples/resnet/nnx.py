"""A residual network whose shortcuts are projected where the shape changes."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax.numpy as jnp
from flax import nnx

ModuleDef = Any


class ResNetBlock(nnx.Module):
    """Two convolutions around a shortcut."""

    def __init__(
        self,
        in_features: int,
        filters: int,
        conv: ModuleDef,
        norm: ModuleDef,
        act: Callable,
        strides: tuple[int, int] = (1, 1),
        *,
        rngs: nnx.Rngs,
    ):
        self.act = act
        self.conv_0 = conv(in_features, filters, (3, 3), strides, rngs=rngs)
        self.batch_norm_0 = norm(filters, rngs=rngs)
        self.conv_1 = conv(filters, filters, (3, 3), rngs=rngs)
        self.batch_norm_1 = norm(filters, scale_init=nnx.initializers.zeros_init(), rngs=rngs)
        if in_features != filters or strides != (1, 1):
            self.conv_proj = conv(in_features, filters, (1, 1), strides, rngs=rngs)
            self.norm_proj = norm(filters, rngs=rngs)

    def __call__(self, x, *, use_running_average: bool):
        residual = x
        y = self.conv_0(x)
        y = self.batch_norm_0(y, use_running_average=use_running_average)
        y = self.act(y)
        y = self.conv_1(y)
        y = self.batch_norm_1(y, use_running_average=use_running_average)

        if residual.shape != y.shape:
            residual = self.conv_proj(residual)
            residual = self.norm_proj(residual, use_running_average=use_running_average)

        return self.act(residual + y)


class ResNet(nnx.Module):
    """`stage_sizes` are the numbers of blocks between which the resolution halves."""

    def __init__(
        self,
        in_features: int,
        stage_sizes: Sequence[int],
        num_classes: int,
        num_filters: int = 64,
        act: Callable = nnx.relu,
        *,
        rngs: nnx.Rngs,
    ):
        self.act = act
        conv = partial(nnx.Conv, use_bias=False)
        norm = partial(nnx.BatchNorm, momentum=0.9)
        self.conv_init = conv(in_features, num_filters, (3, 3), rngs=rngs)
        self.bn_init = norm(num_filters, rngs=rngs)
        self.res_net_block = nnx.List()
        features = num_filters
        for i, block_size in enumerate(stage_sizes):
            filters = num_filters * 2**i
            for j in range(block_size):
                strides = (2, 2) if i > 0 and j == 0 else (1, 1)
                self.res_net_block.append(
                    ResNetBlock(features, filters, conv=conv, norm=norm, act=act, strides=strides, rngs=rngs)
                )
                features = num_filters * 2**i
        self.dense_0 = nnx.Linear(features, num_classes, rngs=rngs)

    def __call__(self, x, train: bool = True):
        x = self.conv_init(x)
        x = self.act(self.bn_init(x, use_running_average=not train))
        for res_net_block in self.res_net_block:
            x = res_net_block(x, use_running_average=not train)
        x = jnp.mean(x, axis=(1, 2))
        return self.dense_0(x)
