"""Which rule says what a function of JAX, NumPy or Flax does to shapes. One that is not listed gives nothing known."""

from collections.abc import Callable, Mapping

from ..values import Value
from . import contractions, elementwise, joining, making, reshaping, windows
from .arguments import Arguments


def _names(text: str) -> list[str]:
    return text.split()


_SAME = _names(
    """
    abs absolute celu elu exp expm1 gelu hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu log log1p log2
    log_sigmoid log_softmax negative nan_to_num relu relu6 round rsqrt selu sigmoid sign silu sin cos soft_sign
    softmax softplus sqrt square standardize swish tanh asarray array stop_gradient clip floor ceil sort
    erf cbrt reciprocal logical_not isnan isfinite flip roll zeros_like ones_like empty_like full_like normalize
    sinc mish sparse_plus identity triu tril
    """
)
_TWO = _names(
    """
    add subtract multiply divide true_divide power maximum minimum where logical_and logical_or equal not_equal
    greater greater_equal less less_equal mod remainder floor_divide arctan2
    """
)
_REDUCE = _names("sum mean max min prod var std any all median amax amin nansum nanmean")
_SHAPED = _names("ones zeros empty full")
_DRAWN = _names("normal uniform bernoulli truncated_normal")
_BY_NAME: dict[str, Callable[[Arguments], Value]] = {
    **dict.fromkeys(_SAME, elementwise.same),
    **dict.fromkeys(_TWO, elementwise.broadcast),
    **dict.fromkeys(_REDUCE, elementwise.reduce),
    **dict.fromkeys(_SHAPED, making.made),
    "array_split": joining.split,
    "broadcast_to": making.broadcast_to,
    "concat": joining.concatenate,
    "concatenate": joining.concatenate,
    "einsum": contractions.einsum,
    "expand_dims": reshaping.expand_dims,
    "matmul": contractions.matmul,
    "one_hot": making.one_hot,
    "pad": joining.pad,
    "ravel": reshaping.flatten,
    "repeat": joining.repeat,
    "reshape": reshaping.reshape,
    "split": joining.split,
    "squeeze": reshaping.squeeze,
    "stack": joining.stack,
    "swapaxes": reshaping.swapaxes,
    "tile": joining.tile,
    "transpose": reshaping.transpose,
}
_MODULES = ("jax.numpy", "numpy", "jax.nn", "jax.lax", "flax.linen", "flax.linen.activation")

FUNCTIONS: Mapping[str, Callable[[Arguments], Value]] = {
    **{f"{module}.{name}": rule for module in _MODULES for name, rule in _BY_NAME.items()},
    **dict.fromkeys(["flax.linen.avg_pool", "flax.linen.max_pool", "flax.linen.min_pool"], windows.pool),
    **{f"jax.random.{name}": making.drawn for name in _DRAWN},
    "jax.image.resize": making.resize,
    "jax.scipy.special.erf": elementwise.same,
    "jax.lax.with_sharding_constraint": elementwise.same,
    "jax.ad_checkpoint.checkpoint_name": elementwise.same,
}
"""By dotted name; jax.lax and numpy share the rules of jax.numpy where the names are the same."""

METHODS: Mapping[str, Callable[[Arguments], Value]] = {
    **{
        name: _BY_NAME[name]
        for name in (*_REDUCE, "reshape", "squeeze", "swapaxes", "transpose", "clip", "round")
    },
    "astype": lambda given: given.array(),
    "copy": lambda given: given.array(),
    "flatten": reshaping.flatten,
    "ravel": reshaping.flatten,
}
"""Methods of arrays; the array itself is the first argument."""
