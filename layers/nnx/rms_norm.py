"""Root mean square normalization."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from flax.typing import Axes, Dtype, Initializer, PromoteDtypeFn

from ..axes import feature_shape
from ..normalization import keep_dtypes, normalize
from ..statistics import moments


class RMSNorm(nnx.Module):
    """Normalizes each example by the root mean square of its own features (arXiv:1910.07467).

    `y = x / sqrt(mean(x**2) + epsilon) * scale`. The mean square is taken over `reduction_axes`; the
    parameter `scale` has the shape of `feature_axes`.

    Arguments:
        epsilon: added to the mean square.
        dtype: of the result; by default what input and parameters promote to. Statistics are computed in
            float32 at least.
        param_dtype: passed to the initializers.
        use_scale: whether there is a scale.
        scale_init: initializer of the scale.
        reduction_axes: axes that the statistics are taken over.
        feature_axes: axes that the scale runs along.
        axis_name: name of a mapped axis (`vmap`, `shard_map`) whose members share their statistics.
        axis_index_groups: groups of indices along `axis_name`, as a tuple of tuples, each of which shares its
            statistics. JAX takes them under `shard_map` with `check_vma=False`, and not under `vmap`.
        use_fast_variance: has no effect; flax has it.
        force_float32_reductions: if False, statistics are computed in `dtype`, half precision included, and
            parameters are cast to `param_dtype`.
        promote_dtype: called with `(x, scale)` and `dtype=` before anything is computed.
    """

    def __init__(
        self,
        num_features: int | Sequence[int],
        epsilon: float = 1e-6,
        dtype: Dtype | None = None,
        param_dtype: Dtype = jnp.float32,
        use_scale: bool = True,
        scale_init: Initializer = nnx.initializers.ones,
        reduction_axes: Axes = -1,
        feature_axes: Axes = -1,
        axis_name: str | None = None,
        axis_index_groups: Any = None,
        use_fast_variance: bool = True,
        force_float32_reductions: bool = True,
        promote_dtype: PromoteDtypeFn = keep_dtypes,
        *,
        rngs: nnx.Rngs,
    ):
        self.epsilon = epsilon
        self.dtype = dtype
        self.param_dtype = param_dtype
        self.reduction_axes = reduction_axes
        self.feature_axes = feature_axes
        self.axis_name = axis_name
        self.axis_index_groups = axis_index_groups
        self.use_fast_variance = use_fast_variance
        self.force_float32_reductions = force_float32_reductions
        self.promote_dtype = promote_dtype
        shape = feature_shape(num_features, feature_axes)
        self.scale = nnx.Param(scale_init(rngs.params(), shape, param_dtype)) if use_scale else None

    def __call__(self, x: jax.Array, *, mask: jax.Array | None = None) -> jax.Array:
        """Normalizes `x`. Positions where `mask`, which broadcasts to `x`, is false do not count."""
        scale = self.scale[...] if self.scale is not None else None

        x, gain = self.promote_dtype((x, scale), dtype=self.dtype)
        stats = moments(
            x,
            self.reduction_axes,
            dtype=self.dtype,
            axis_name=self.axis_name,
            axis_index_groups=self.axis_index_groups,
            use_mean=False,
            use_fast_variance=self.use_fast_variance,
            mask=mask,
            force_float32_reductions=self.force_float32_reductions,
        )
        return normalize(
            x,
            stats,
            gain,
            None,
            reduction_axes=self.reduction_axes,
            feature_axes=self.feature_axes,
            dtype=self.dtype,
            param_dtype=self.param_dtype,
            epsilon=self.epsilon,
            force_float32_reductions=self.force_float32_reductions,
        )
