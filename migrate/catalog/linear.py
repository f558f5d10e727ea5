"""Dense, convolution, embedding and attention layers, and the small ones that stand beside them."""

from collections.abc import Mapping
from types import MappingProxyType

from .layer import Layer, kept, names

_METADATA = names("kernel_metadata bias_metadata")
_FEATURES = MappingProxyType({"features": "out_features"})
_ATTENTION = names(
    """
    num_heads dtype param_dtype qkv_features out_features broadcast_dropout dropout_rate deterministic
    precision kernel_init out_kernel_init bias_init out_bias_init use_bias attention_fn decode normalize_qk
    force_fp32_for_softmax qkv_dot_general out_dot_general qkv_dot_general_cls out_dot_general_cls
    qk_attn_weights_einsum_cls attn_weights_value_einsum_cls
    """
)


_KEYS = MappingProxyType({"inputs_kv": "inputs_k"})
"""NNX takes the keys for the values too, where there are no others."""


def _attention(linen: str, call_renamed: Mapping[str, str] = MappingProxyType({})) -> Layer:
    return Layer(
        linen,
        "MultiHeadAttention",
        _ATTENTION,
        sizes=("in_features",),
        gone=names("force_fp32_for_softmax qk_attn_weights_einsum_cls attn_weights_value_einsum_cls"),
        added=names(
            """
            num_kv_heads in_kv_features qkv_promote_dtype out_promote_dtype ln_promote_dtype keep_rngs
            kernel_metadata out_kernel_metadata bias_metadata out_bias_metadata query_ln_scale_metadata
            key_ln_scale_metadata
            """
        ),
        defaults=MappingProxyType({"decode": ("False", "None")}),
        call_renamed=MappingProxyType({"dropout_rng": "rngs", **call_renamed}),
        variables=kept(
            *(f"{part}/{leaf}" for part in ("query", "key", "value", "out") for leaf in ("kernel", "bias")),
            *("query_ln/scale", "key_ln/scale"),
        ),
        difference="NNX calls jax.nn.dot_product_attention: 2e-7 off in float32, 8e-3 in bfloat16",
    )


LINEAR = (
    Layer(
        "Conv",
        "Conv",
        names(
            """
            features kernel_size strides padding input_dilation kernel_dilation feature_group_count use_bias
            mask dtype param_dtype precision kernel_init bias_init promote_dtype conv_general_dilated
            conv_general_dilated_cls
            """
        ),
        sizes=("in_features",),
        renamed=_FEATURES,
        gone=("conv_general_dilated_cls",),
        added=("preferred_element_type", *_METADATA),
        defaults=MappingProxyType({"conv_general_dilated": ("None", "jax.lax.conv_general_dilated")}),
        variables=kept("kernel", "bias"),
        placed=names("features kernel_size strides"),
    ),
    Layer(
        "ConvTranspose",
        "ConvTranspose",
        names(
            """
            features kernel_size strides padding kernel_dilation use_bias mask dtype param_dtype precision
            kernel_init bias_init transpose_kernel promote_dtype preferred_element_type
            """
        ),
        sizes=("in_features",),
        renamed=_FEATURES,
        added=_METADATA,
        variables=kept("kernel", "bias"),
        placed=names("features kernel_size strides"),
    ),
    Layer(
        "Dense",
        "Linear",
        names(
            """
            features use_bias dtype param_dtype precision kernel_init bias_init promote_dtype dot_general
            dot_general_cls
            """
        ),
        sizes=("in_features",),
        renamed=_FEATURES,
        gone=("dot_general_cls",),
        added=("preferred_element_type", *_METADATA),
        defaults=MappingProxyType({"dot_general": ("None", "jax.lax.dot_general")}),
        variables=kept("kernel", "bias"),
        placed=("features",),
    ),
    Layer(
        "DenseGeneral",
        "LinearGeneral",
        names(
            """
            features axis batch_dims use_bias dtype param_dtype kernel_init bias_init precision promote_dtype
            dot_general dot_general_cls
            """
        ),
        sizes=("in_features",),
        renamed=MappingProxyType({"features": "out_features", "batch_dims": "batch_axis"}),
        added=("preferred_element_type", *_METADATA),
        defaults=MappingProxyType({"batch_dims": ("()", "{}")}),
        variables=kept("kernel", "bias"),
        placed=("features",),
    ),
    Layer(
        "Einsum",
        "Einsum",
        names(
            """
            shape einsum_str use_bias dtype param_dtype precision kernel_init bias_init promote_dtype
            preferred_element_type
            """
        ),
        sizes=("bias_shape",),
        renamed=MappingProxyType({"shape": "kernel_shape"}),
        gone=("use_bias",),
        added=("einsum_op", *_METADATA),
        defaults=MappingProxyType({"einsum_str": ("None", "")}),
        variables=kept("kernel", "bias"),
    ),
    Layer(
        "Embed",
        "Embed",
        names("num_embeddings features dtype param_dtype embedding_init promote_dtype"),
        added=("embedding_metadata",),
        variables=kept("embedding"),
        placed=("num_embeddings", "features"),
    ),
    Layer(
        "Dropout",
        "Dropout",
        names("rate broadcast_dims deterministic rng_collection"),
        rngs="optional",
        defaults=MappingProxyType({"deterministic": ("None", "False")}),
        call_renamed=MappingProxyType({"rng": "rngs"}),
        placed=("rate",),
    ),
    Layer(
        "PReLU",
        "PReLU",
        names("param_dtype negative_slope_init"),
        added=names("dtype promote_dtype negative_slope_metadata"),
        rngs="",
        variables=kept("negative_slope"),
    ),
    _attention("MultiHeadAttention", _KEYS),
    _attention("MultiHeadDotProductAttention", _KEYS),
    _attention("SelfAttention"),
)
