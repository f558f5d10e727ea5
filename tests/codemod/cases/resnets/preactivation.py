"""The ResNet with pre-activation or without, which asks for its class."""
from collections.abc import Callable
from functools import partial
from typing import Any

from flax import linen as nn

resnet_kernel_init = nn.initializers.variance_scaling(2.0, mode='fan_out', distribution='normal')


class ResNetBlock(nn.Module):
    act_fn: Callable
    c_out: int
    subsample: bool = False

    @nn.compact
    def __call__(self, x, train=True):
        z = nn.Conv(self.c_out, kernel_size=(3, 3), strides=(1, 1) if not self.subsample else (2, 2),
                    kernel_init=resnet_kernel_init, use_bias=False)(x)
        z = nn.BatchNorm()(z, use_running_average=not train)
        z = self.act_fn(z)
        z = nn.Conv(self.c_out, kernel_size=(3, 3), kernel_init=resnet_kernel_init, use_bias=False)(z)
        z = nn.BatchNorm()(z, use_running_average=not train)

        if self.subsample:
            x = nn.Conv(self.c_out, kernel_size=(1, 1), strides=(2, 2), kernel_init=resnet_kernel_init)(x)

        x_out = self.act_fn(z + x)
        return x_out


class PreActResNetBlock(nn.Module):
    act_fn: Callable
    c_out: int
    subsample: bool = False

    @nn.compact
    def __call__(self, x, train=True):
        z = nn.BatchNorm()(x, use_running_average=not train)
        z = self.act_fn(z)
        z = nn.Conv(self.c_out, kernel_size=(3, 3), strides=(1, 1) if not self.subsample else (2, 2),
                    kernel_init=resnet_kernel_init, use_bias=False)(z)
        z = nn.BatchNorm()(z, use_running_average=not train)
        z = self.act_fn(z)
        z = nn.Conv(self.c_out, kernel_size=(3, 3), kernel_init=resnet_kernel_init, use_bias=False)(z)

        if self.subsample:
            x = nn.BatchNorm()(x, use_running_average=not train)
            x = self.act_fn(x)
            x = nn.Conv(self.c_out, kernel_size=(1, 1), strides=(2, 2), kernel_init=resnet_kernel_init,
                        use_bias=False)(x)

        x_out = z + x
        return x_out


class ResNet(nn.Module):
    num_classes: int
    act_fn: Callable
    block_class: Any
    num_blocks: tuple = (3, 3, 3)
    c_hidden: tuple = (16, 32, 64)

    @nn.compact
    def __call__(self, x, train=True):
        x = nn.Conv(self.c_hidden[0], kernel_size=(3, 3), kernel_init=resnet_kernel_init, use_bias=False)(x)
        if self.block_class == ResNetBlock:
            x = nn.BatchNorm()(x, use_running_average=not train)
            x = self.act_fn(x)

        for block_idx, block_count in enumerate(self.num_blocks):
            for bc in range(block_count):
                subsample = (bc == 0 and block_idx > 0)
                x = self.block_class(c_out=self.c_hidden[block_idx],
                                     act_fn=self.act_fn,
                                     subsample=subsample)(x, train=train)

        x = x.mean(axis=(1, 2))
        x = nn.Dense(self.num_classes)(x)
        return x


ResNet20 = partial(ResNet, block_class=ResNetBlock)
PreActResNet20 = partial(ResNet, block_class=PreActResNetBlock)
