"""Weight normalization."""

from collections.abc import Callable, Collection
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from flax.typing import Axes, Dtype, Initializer

from ..weights import is_named, scale_shape, weight_normalized
from .wrapped import call_with, joined


class WeightNorm(nnx.Module):
    """Calls a layer with weights of norm one, times a scale (arXiv:1602.07868).

    `kernel / |kernel| * scale`, for each position along `feature_axes`. The scale of the layer's parameter
    `kernel` is the trainable parameter `scales["kernel/scale"]`. Only parameters are normalized, and only
    during the call: the stored kernel stays as it is.

    Arguments:
        layer_instance: the layer whose weights are normalized.
        epsilon: added to the square of the norm.
        dtype: of the normalized weights; by default what weight and scale promote to.
        param_dtype: passed to the initializer.
        use_scale: whether there is a scale.
        scale_init: initializer of the scale.
        feature_axes: axes of a weight that keep norms and scales of their own; None for a single norm.
        variable_filter: which weights are normalized: an NNX filter, or a collection of strings one of which
            is part of the weight's path within the layer; None for all. It is asked once, at construction.
    """

    def __init__(
        self,
        layer_instance: nnx.Module,
        epsilon: float = 1e-12,
        dtype: Dtype | None = None,
        param_dtype: Dtype = jnp.float32,
        use_scale: bool = True,
        scale_init: Initializer = nnx.initializers.ones,
        feature_axes: Axes | None = -1,
        variable_filter: Collection[str] | nnx.filterlib.Filter | None = frozenset({"kernel"}),
        *,
        rngs: nnx.Rngs,
    ):
        self.layer_instance = layer_instance
        self.epsilon = epsilon
        self.dtype = dtype
        self.use_scale = use_scale
        self.feature_axes = feature_axes
        self.scales: nnx.Dict[nnx.Param[jax.Array]] = nnx.Dict()
        selected = _predicate(variable_filter)
        weights = {
            joined(path): param
            for path, param in nnx.to_flat_state(nnx.state(layer_instance, nnx.Param))
            if selected(path, param)
        }
        self.weights = frozenset(weights)
        if use_scale:
            for path, weight in weights.items():
                shape = scale_shape(weight, feature_axes)
                self.scales[f"{path}/scale"] = nnx.Param(scale_init(rngs.params(), shape, param_dtype))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the layer gives for these arguments, with its weights normalized."""
        return call_with(self.layer_instance, self._normalized, *args, **kwargs)

    def _normalized(self, path: str, weight: jax.Array) -> jax.Array:
        if path not in self.weights:
            return weight
        scale = self.scales[f"{path}/scale"][...] if self.use_scale else None
        return weight_normalized(
            weight, scale, feature_axes=self.feature_axes, epsilon=self.epsilon, dtype=self.dtype
        )


def _predicate(variable_filter: Any) -> Callable[[tuple[Any, ...], Any], bool]:
    """None, strings and collections of strings mean what they mean in Linen; the rest are NNX filters."""
    names = variable_filter
    if names is None or isinstance(names, str) or _are_strings(names):
        return lambda path, _: is_named(joined(path), names)
    return nnx.filterlib.to_predicate(variable_filter)


def _are_strings(value: Any) -> bool:
    return isinstance(value, Collection) and all(isinstance(name, str) for name in value)
