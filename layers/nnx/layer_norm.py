"""Layer normalization."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from flax.typing import Axes, Dtype, Initializer, PromoteDtypeFn

from ..axes import feature_shape
from ..normalization import keep_dtypes, normalize
from ..statistics import moments


class LayerNorm(nnx.Module):
    """Normalizes each example by the mean and variance of its own features (arXiv:1607.06450).

    `y = (x - mean(x)) / sqrt(var(x) + epsilon) * scale + bias`, with the biased variance. Mean and variance
    are taken over `reduction_axes`; the parameters `scale` and `bias` have the shape of `feature_axes`.

    Arguments:
        epsilon: added to the variance.
        dtype: of the result; by default what input and parameters promote to. Statistics are computed in
            float32 at least.
        param_dtype: passed to the initializers.
        use_bias: whether there is a bias.
        use_scale: whether there is a scale.
        bias_init: initializer of the bias.
        scale_init: initializer of the scale.
        reduction_axes: axes that the statistics are taken over.
        feature_axes: axes that scale and bias run along.
        axis_name: name of a mapped axis (`vmap`, `shard_map`) whose members share their statistics.
        axis_index_groups: groups of indices along `axis_name`, as a tuple of tuples, each of which shares its
            statistics. JAX takes them under `shard_map` with `check_vma=False`, and not under `vmap`.
        use_fast_variance: `mean(x**2) - mean(x)**2`, in one pass. It loses digits where the mean is large
            against the deviation: in float32, at mean 1000 and deviation 1, outputs are wrong by 0.5.
        force_float32_reductions: if False, statistics are computed in `dtype`, half precision included, and
            parameters are cast to `param_dtype`.
        promote_dtype: called with `(x, scale, bias)` and `dtype=` before anything is computed.
        use_shifted_data: subtract one element of each group first (with a mask: its mean), so that a large
            mean costs no digits: in float32, outputs stay within 1e-5 at every mean from 0 to 10000, where
            the two-pass variance is off by 1e-3. Measured on a CPU, against the fast variance alone, it takes
            0.9 to 1.5 times as long forward + backward (two-pass: 1.1 to 2.3) and 0.7 to 1.9 times as long
            forward (two-pass: 1.1 to 1.6).
    """

    def __init__(
        self,
        num_features: int | Sequence[int],
        epsilon: float = 1e-6,
        dtype: Dtype | None = None,
        param_dtype: Dtype = jnp.float32,
        use_bias: bool = True,
        use_scale: bool = True,
        bias_init: Initializer = nnx.initializers.zeros,
        scale_init: Initializer = nnx.initializers.ones,
        reduction_axes: Axes = -1,
        feature_axes: Axes = -1,
        axis_name: str | None = None,
        axis_index_groups: Any = None,
        use_fast_variance: bool = True,
        force_float32_reductions: bool = True,
        promote_dtype: PromoteDtypeFn = keep_dtypes,
        use_shifted_data: bool = False,
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
        self.use_shifted_data = use_shifted_data
        shape = feature_shape(num_features, feature_axes)
        self.scale = nnx.Param(scale_init(rngs.params(), shape, param_dtype)) if use_scale else None
        self.bias = nnx.Param(bias_init(rngs.params(), shape, param_dtype)) if use_bias else None

    def __call__(self, x: jax.Array, *, mask: jax.Array | None = None) -> jax.Array:
        """Normalizes `x`. Positions where `mask`, which broadcasts to `x`, is false do not count."""
        scale = self.scale[...] if self.scale is not None else None
        bias = self.bias[...] if self.bias is not None else None

        x, gain, offset = self.promote_dtype((x, scale, bias), dtype=self.dtype)
        stats = moments(
            x,
            self.reduction_axes,
            dtype=self.dtype,
            axis_name=self.axis_name,
            axis_index_groups=self.axis_index_groups,
            use_fast_variance=self.use_fast_variance,
            mask=mask,
            force_float32_reductions=self.force_float32_reductions,
            use_shifted_data=self.use_shifted_data,
        )
        return normalize(
            x,
            stats,
            gain,
            offset,
            reduction_axes=self.reduction_axes,
            feature_axes=self.feature_axes,
            dtype=self.dtype,
            param_dtype=self.param_dtype,
            epsilon=self.epsilon,
            force_float32_reductions=self.force_float32_reductions,
        )
