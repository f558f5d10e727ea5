"""Which rule says what a function of JAX, NumPy or Flax does to shapes. One that is not listed gives nothing known."""

from collections.abc import Callable, Mapping

from ..values import Value
from . import (
    contractions,
    controls,
    elementwise,
    joining,
    making,
    mapped,
    patterns,
    reshaping,
    slices,
    windows,
)
from .arguments import Arguments

Rule = Callable[[Arguments], Value]


def _names(text: str) -> list[str]:
    return text.split()


_SAME = _names(
    """
    abs absolute celu elu exp expm1 gelu hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu log log1p log2 log10
    log_sigmoid log_softmax negative nan_to_num relu relu6 round rsqrt selu sigmoid sign silu sin cos tan soft_sign
    softmax softplus sqrt square standardize swish tanh asarray array stop_gradient floor ceil rint trunc
    erf cbrt reciprocal logical_not isnan isfinite isinf flip roll zeros_like ones_like empty_like full_like
    normalize sinc mish sparse_plus squareplus triu tril sinh cosh arcsin arccos arctan real imag conj positive
    """
)
_LAX_SAME = _names(
    """
    abs exp expm1 log log1p logistic neg rsqrt sqrt square sign sin cos tan tanh floor ceil round stop_gradient erf
    erf_inv integer_pow is_finite convert_element_type reduce_precision with_sharding_constraint real imag conj cbrt
    cumsum cumprod cummax cummin cumlogsumexp
    """
)
_TWO = _names(
    """
    add subtract multiply divide true_divide power maximum minimum logical_and logical_or equal not_equal
    greater greater_equal less less_equal mod remainder floor_divide arctan2 clip logaddexp hypot
    """
)
_REDUCE = _names(
    "sum mean max min prod var std any all median amax amin nansum nanmean nanmax nanmin argmax argmin logsumexp"
)
_BY_NAME: dict[str, Rule] = {
    **dict.fromkeys(_SAME, elementwise.same),
    **dict.fromkeys(_names("exp log rsqrt sqrt"), elementwise.numeric),
    **dict.fromkeys(_names("sort argsort"), elementwise.along),
    **dict.fromkeys(_names("cumsum cumprod"), elementwise.running),
    **dict.fromkeys(_TWO, elementwise.broadcast),
    **dict.fromkeys(_REDUCE, elementwise.reduce),
    **dict.fromkeys(_names("ones zeros empty full"), making.shaped(0)),
    "append": joining.append,
    "arange": making.counted,
    "average": elementwise.averaged,
    "linspace": making.spaced,
    "array": making.of_rows,
    "array_split": joining.split_evenly,
    "broadcast_to": making.shaped(1),
    "concat": joining.concatenate,
    "concatenate": joining.concatenate,
    "dot": contractions.dot,
    "einsum": contractions.einsum,
    "expand_dims": reshaping.expand_dims,
    "eye": making.square,
    "glu": elementwise.gated,
    "hstack": joining.side_by_side,
    "identity": making.square,
    "matmul": contractions.matmul,
    "matrix_transpose": reshaping.turned,
    "moveaxis": reshaping.moveaxis,
    "one_hot": making.one_hot,
    "outer": contractions.outer,
    "pad": joining.pad,
    "permute_dims": reshaping.transpose,
    "prod": elementwise.multiplied,
    "ravel": reshaping.flatten,
    "repeat": joining.repeat,
    "reshape": reshaping.reshape,
    "split": joining.split,
    "squeeze": reshaping.squeeze,
    "stack": joining.stack,
    "swapaxes": reshaping.swapaxes,
    "take": joining.take,
    "take_along_axis": joining.take_along,
    "tensordot": contractions.tensordot,
    "tile": joining.tile,
    "transpose": reshaping.transpose,
    "where": elementwise.select,
}
_LAX: dict[str, Rule] = {
    "associative_scan": elementwise.second,
    "dynamic_index_in_dim": slices.at_one,
    "dynamic_slice_in_dim": slices.of_size,
    "index_in_dim": slices.at_one,
    "slice_in_dim": slices.between,
    **dict.fromkeys(_LAX_SAME, elementwise.same),
    **dict.fromkeys(_names("exp log rsqrt sqrt"), elementwise.numeric),
    **dict.fromkeys(_names("add sub mul div max min pow rem clamp"), elementwise.broadcast),
    "batch_matmul": contractions.matmul,
    "concatenate": joining.concatenate,
    "conv_general_dilated": windows.convolve,
    "ConvDimensionNumbers": windows.numbers,
    "dot_general": contractions.dot_general,
    "dynamic_slice": making.shaped(2, "slice_sizes"),
    **dict.fromkeys(_names("dynamic_update_slice dynamic_update_slice_in_dim"), elementwise.cast),
    "expand_dims": reshaping.expand_dims,
    "map": mapped.each,
    "reduce_window": windows.reduced,
    "reshape": reshaping.reshape,
    "scan": mapped.scan,
    "select": elementwise.select,
    "squeeze": reshaping.squeeze,
    "top_k": joining.top,
    "transpose": reshaping.transpose,
}
_RANDOM: dict[str, Rule] = {
    "bernoulli": making.shaped(2),
    "categorical": elementwise.categorical,
    "normal": making.shaped(1),
    "randint": making.shaped(1),
    "truncated_normal": making.shaped(3),
    "uniform": making.shaped(1),
}
_OF_ARRAYS = _names(
    """
    sum mean max min prod var std any all argmax argmin cumsum cumprod clip round reshape squeeze swapaxes transpose
    ravel repeat dot take conj
    """
)
_TRANSFORMS = _names("fft ifft fft2 ifft2 fftn ifftn fftshift ifftshift")
_SEGMENTS = _names("segment_sum segment_max segment_min segment_prod segment_mean")
_SEGMENTING = ("jax.ops", "jraph")
_MODULES = ("jax.numpy", "numpy", "jax.nn", "flax.linen", "flax.linen.activation")

FUNCTIONS: Mapping[str, Rule] = {
    **{f"{module}.{name}": rule for module in _MODULES for name, rule in _BY_NAME.items()},
    **{f"jax.lax.{name}": rule for name, rule in _LAX.items()},
    **{f"jax.random.{name}": rule for name, rule in _RANDOM.items()},
    **dict.fromkeys(["flax.linen.avg_pool", "flax.linen.max_pool", "flax.linen.min_pool"], windows.pool),
    "flax.linen._conv_dimension_numbers": windows.layout,
    "einops.einsum": contractions.named_einsum,
    "flax.linen.dtypes.promote_dtype": elementwise.each,
    "einops.rearrange": patterns.rearrange,
    "einops.reduce": patterns.reduce,
    "einops.repeat": patterns.repeat,
    "flax.linen.dot_product_attention": contractions.attention,
    "jax.nn.dot_product_attention": contractions.attention,
    "jax.experimental.pallas.ops.tpu.flash_attention.flash_attention": contractions.attention,
    "flax.linen.dot_product_attention_weights": contractions.attention_weights,
    "flax.linen.with_logical_constraint": elementwise.same,
    "flax.linen._normalize": elementwise.same,
    "jax.ad_checkpoint.checkpoint_name": elementwise.same,
    "typing.cast": elementwise.second,
    "jax.image.resize": making.shaped(1),
    **{f"{module}.{name}": joining.segments for module in _SEGMENTING for name in _SEGMENTS},
    "jax.image.scale_and_translate": making.shaped(1),
    "jax.nn.logsumexp": elementwise.reduce,
    "jax.numpy.linalg.norm": elementwise.norm,
    **dict.fromkeys([f"jax.numpy.fft.{name}" for name in _TRANSFORMS], elementwise.transformed),
    "math.prod": elementwise.multiplied,
    "jax.scipy.special.erf": elementwise.same,
    "jax.scipy.special.logsumexp": elementwise.reduce,
    **dict.fromkeys(["flax.linen.cond", "flax.linen.switch"], controls.branches),
    "flax.linen.while_loop": controls.loop,
}
"""By dotted name; jax.nn, flax.linen and numpy share the rules of jax.numpy where the names are the same."""

METHODS: Mapping[str, Rule] = {
    **{name: _BY_NAME[name] for name in _OF_ARRAYS},
    "astype": elementwise.cast,
    "block_until_ready": elementwise.cast,
    "copy": elementwise.cast,
    "flatten": reshaping.flatten,
}
"""Methods of arrays; the array itself is the first argument."""
