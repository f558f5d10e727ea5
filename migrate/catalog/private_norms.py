"""Private functions of flax.linen that people build norms of, and their namesakes in `flax.nnx.nn.normalization`."""

from collections.abc import Mapping
from types import MappingProxyType

_STATISTICS = ("x", "axes", "dtype", "axis_name", "axis_index_groups", "use_mean", "use_fast_variance")

NORMALIZE = "_normalize"
LINEN_ARGUMENTS = (
    *("mdl", "x", "mean", "var", "reduction_axes", "feature_axes", "dtype", "param_dtype", "epsilon"),
    *("use_bias", "use_scale", "bias_init", "scale_init"),
)
"""What Linen's `_normalize` takes: it creates scale and bias on the module that it is given."""

NNX_ARGUMENTS = ("x", "mean", "var", "scale", "bias", "reduction_axes", "feature_axes", "dtype", "epsilon")
"""What NNX's takes: it is given scale and bias, or None in their place."""

PRIVATE: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "_compute_stats": ("nn.normalization._compute_stats", _STATISTICS),
        NORMALIZE: ("nn.normalization._normalize", NNX_ARGUMENTS),
    }
)
"""Functions whose twin returns the same for these arguments, in this order."""
