"""Normalization layers. Paths and formulas agree; where `dtype` is given, the rounding does not."""

from types import MappingProxyType

from .layer import Layer, Moved, kept, names

_CAST = (
    "NNX casts to dtype before the statistics: equal only when dtype is None or the input's "
    "(up to 8.8 off in bfloat16 near 100)"
)
_ADDED = names("promote_dtype bias_metadata scale_metadata")

NORMS = (
    Layer(
        "BatchNorm",
        "BatchNorm",
        names(
            """
            use_running_average axis momentum epsilon dtype param_dtype use_bias use_scale bias_init
            scale_init axis_name axis_index_groups use_fast_variance force_float32_reductions
            """
        ),
        sizes=("num_features",),
        gone=("force_float32_reductions",),
        added=_ADDED,
        defaults=MappingProxyType({"use_running_average": ("None", "False")}),
        variables=(*kept("scale", "bias"), *kept("mean", "var", collection="batch_stats")),
        difference=_CAST + "; half precision differs in eval mode too",
        parity=True,
    ),
    Layer(
        "GroupNorm",
        "GroupNorm",
        names(
            """
            num_groups group_size epsilon dtype param_dtype use_bias use_scale bias_init scale_init
            reduction_axes axis_name axis_index_groups use_fast_variance force_float32_reductions
            """
        ),
        sizes=("num_features",),
        gone=("force_float32_reductions",),
        added=_ADDED,
        variables=kept("scale", "bias"),
        difference=_CAST + "; NNX is wrong with reduction_axes given and raises on 1-D input",
        parity=True,
    ),
    Layer(
        "InstanceNorm",
        "InstanceNorm",
        names(
            """
            epsilon dtype param_dtype use_bias use_scale bias_init scale_init feature_axes axis_name
            axis_index_groups use_fast_variance force_float32_reductions
            """
        ),
        sizes=("num_features",),
        gone=("force_float32_reductions",),
        added=_ADDED,
        variables=kept("scale", "bias"),
        difference=_CAST + "; NNX takes one feature axis",
        parity=True,
    ),
    Layer(
        "LayerNorm",
        "LayerNorm",
        names(
            """
            epsilon dtype param_dtype use_bias use_scale bias_init scale_init reduction_axes feature_axes
            axis_name axis_index_groups use_fast_variance force_float32_reductions
            """
        ),
        sizes=("num_features",),
        gone=("force_float32_reductions",),
        added=_ADDED,
        variables=kept("scale", "bias"),
        difference=_CAST + "; NNX takes one feature axis",
        parity=True,
    ),
    Layer(
        "RMSNorm",
        "RMSNorm",
        names(
            """
            epsilon dtype param_dtype use_scale scale_init reduction_axes feature_axes axis_name
            axis_index_groups use_fast_variance force_float32_reductions
            """
        ),
        sizes=("num_features",),
        gone=("force_float32_reductions",),
        added=names("promote_dtype scale_metadata"),
        variables=kept("scale"),
        difference=_CAST + "; NNX takes one feature axis",
        parity=True,
    ),
    Layer(
        "SpectralNorm",
        "SpectralNorm",
        names("layer_instance n_steps epsilon dtype param_dtype error_on_non_matrix collection_name"),
        gone=("collection_name",),
        added=("update_stats",),
        call_gone=("kwargs",),
        difference="NNX overwrites the kernel it wraps and passes one positional input on",
        parity=True,
    ),
    Layer(
        "WeightNorm",
        "WeightNorm",
        names(
            """
            layer_instance epsilon dtype param_dtype use_scale scale_init feature_axes variable_filter
            """
        ),
        added=("promote_dtype",),
        defaults=MappingProxyType({"variable_filter": ("{'kernel'}", "PathContains('kernel')")}),
        difference="NNX overwrites the kernel it wraps and does not train the scales",
        parity=True,
    ),
)

FEATURE_NORMS = ("LayerNorm", "RMSNorm", "GroupNorm", "InstanceNorm")
CASTING_NORMS = frozenset({*FEATURE_NORMS, "BatchNorm"})
"""Norms of which that of flax.nnx casts to a `dtype` before the statistics, unless it is told not to."""

INSTANCE = "layer_instance"
"""What the wrappers of weights call the layer that they are around."""

TWINS = MappingProxyType(
    {
        "SpectralNorm": (
            Moved(("{}/kernel/u",), "batch_stats/kernel/u", "batch_stats"),
            Moved(("{}/kernel/sigma",), "batch_stats/kernel/sigma", "batch_stats"),
        ),
        "WeightNorm": (Moved(("{}/kernel/scale",), "scales/kernel/scale"),),
    }
)
"""The variables of the parity twins around a layer with one kernel: `{}` is that layer, and what follows one name."""
