"""Pre-activation ResNet with projections where the shape changes."""

import jax.numpy as jnp
from flax import nnx


class PreActBlock(nnx.Module):
    """Two 3x3 convolutions with norms in front.

    The shortcut is projected if the width or the resolution changes.
    """

    def __init__(
        self,
        in_features: int,
        filters: int,
        strides: int = 1,
        dtype: jnp.dtype = jnp.float32,
        *,
        rngs: nnx.Rngs,
    ):
        self.filters = filters
        self.strides = strides
        self.batch_norm_0 = nnx.BatchNorm(
            in_features, momentum=0.9, dtype=dtype, promote_dtype=lambda args, **_: args, rngs=rngs
        )
        if in_features != filters or strides != 1:
            self.proj = nnx.Conv(
                in_features, filters, (1, 1), strides, use_bias=False, dtype=dtype, rngs=rngs
            )
        self.conv_0 = nnx.Conv(
            in_features, filters, (3, 3), strides, use_bias=False, dtype=dtype, rngs=rngs
        )
        self.batch_norm_1 = nnx.BatchNorm(
            filters, momentum=0.9, dtype=dtype, promote_dtype=lambda args, **_: args, rngs=rngs
        )
        self.conv_1 = nnx.Conv(filters, filters, (3, 3), use_bias=False, dtype=dtype, rngs=rngs)

    def __call__(self, x, train: bool):
        y = self.batch_norm_0(x, use_running_average=not train)
        y = nnx.relu(y)
        if x.shape[-1] != self.filters or self.strides != 1:
            x = self.proj(y)
        y = self.conv_0(y)
        y = self.batch_norm_1(y, use_running_average=not train)
        y = nnx.relu(y)
        y = self.conv_1(y)
        return x + y


class PreActResNet(nnx.Module):
    def __init__(
        self,
        in_features: int,
        num_classes: int,
        stage_sizes: tuple[int, ...] = (2, 2, 2, 2),
        width: int = 64,
        dtype: jnp.dtype = jnp.float32,
        *,
        rngs: nnx.Rngs,
    ):
        self.conv_init = nnx.Conv(
            in_features, width, (3, 3), use_bias=False, dtype=dtype, rngs=rngs
        )
        self.pre_act_block = nnx.List()
        features = width
        for stage, size in enumerate(stage_sizes):
            for block in range(size):
                strides = 2 if stage > 0 and block == 0 else 1
                self.pre_act_block.append(
                    PreActBlock(features, width * 2**stage, strides, dtype=dtype, rngs=rngs)
                )
                features = width * 2**stage
        self.batch_norm_0 = nnx.BatchNorm(
            features, momentum=0.9, dtype=dtype, promote_dtype=lambda args, **_: args, rngs=rngs
        )
        self.head = nnx.Linear(features, num_classes, dtype=dtype, rngs=rngs)

    def __call__(self, x, *, train: bool = True):
        x = self.conv_init(x)
        for pre_act_block in self.pre_act_block:
            x = pre_act_block(x, train)
        x = self.batch_norm_0(x, use_running_average=not train)
        x = nnx.relu(x).mean(axis=(1, 2))
        x = self.head(x)
        return x.astype(jnp.float32)
