"""Weight normalization."""

from collections.abc import Collection
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn
from flax.typing import Axes, Dtype, Initializer

from ..weights import is_named, scale_shape, weight_normalized
from .wrapped import call_with


class WeightNorm(nn.Module):
    """Calls a layer with weights of norm one, times a scale (arXiv:1602.07868).

    `kernel / |kernel| * scale`, for each position along `feature_axes`. The scale of the parameter
    `Dense_0/kernel` is this layer's parameter `Dense_0/kernel/scale`. Only parameters are normalized, and
    only during the call: the stored kernel stays as it is. (flax.linen stores the normalized kernel at init.)

    Arguments:
        layer_instance: the layer whose weights are normalized.
        epsilon: added to the square of the norm.
        dtype: of the normalized weights; by default what weight and scale promote to.
        param_dtype: passed to the initializer.
        use_scale: whether there is a scale.
        scale_init: initializer of the scale.
        feature_axes: axes of a weight that keep norms and scales of their own; None for a single norm.
        variable_filter: a weight is normalized if one of these is part of its path, such as `Dense_0/kernel`;
            None for all.
    """

    layer_instance: nn.Module
    epsilon: float = 1e-12
    dtype: Dtype | None = None
    param_dtype: Dtype = jnp.float32
    use_scale: bool = True
    scale_init: Initializer = nn.initializers.ones
    feature_axes: Axes | None = -1
    variable_filter: Collection[str] | None = frozenset({"kernel"})

    @nn.compact
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the layer gives for these arguments, with its weights normalized."""
        return call_with(self.layer_instance, self._normalized, *args, **kwargs)

    def _normalized(self, path: str, weight: jax.Array) -> jax.Array:
        if not is_named(path, self.variable_filter):
            return weight
        shape = scale_shape(weight, self.feature_axes)
        scale = (
            self.param(f"{path}/scale", self.scale_init, shape, self.param_dtype) if self.use_scale else None
        )
        return weight_normalized(
            weight, scale, feature_axes=self.feature_axes, epsilon=self.epsilon, dtype=self.dtype
        )
