"""Normalizing by given moments, operation for operation as flax.linen does it: equal bit by bit."""

from typing import Any

import jax
import jax.numpy as jnp
from flax.typing import Axes, Dtype
from jax import lax

from .axes import canonical_axes, other_axes
from .statistics import Moments

Parameter = Any  # a jax.Array, an nnx.Variable that holds one, or None


def normalize(
    x: jax.Array,
    stats: Moments,
    scale: Parameter,
    bias: Parameter,
    *,
    reduction_axes: Axes,
    feature_axes: Axes,
    dtype: Dtype | None,
    param_dtype: Dtype,
    epsilon: float,
    force_float32_reductions: bool = True,
) -> jax.Array:
    """`(x - mean) / sqrt(var + epsilon) * scale + bias`.

    The result is in `dtype`, by default in what `x`, scale and bias promote to.
    Raises ValueError where a parameter does not have the shape of the feature axes of `x`, or a moment that
    of the axes that are not reduced.
    """
    exact_dtype = None if force_float32_reductions else param_dtype
    scale = _along_features("scale", scale, x, feature_axes, exact_dtype)
    bias = _along_features("bias", bias, x, feature_axes, exact_dtype)
    reduced = canonical_axes(x.ndim, reduction_axes)
    _require_shape("variance", stats.var, x, other_axes(x.ndim, reduced))
    y = _centred(x, stats, reduced)
    factor = lax.rsqrt(jnp.expand_dims(stats.var, reduced) + epsilon)
    y = y * (factor if scale is None else factor * scale)
    y = y if bias is None else y + bias
    return jnp.asarray(y, result_dtype(x, scale, bias, dtype=dtype))


def result_dtype(*arrays: jax.Array | None, dtype: Dtype | None) -> Dtype:
    """`dtype`, or else what the arrays promote to, float32 for integers.

    Raises ValueError where `dtype` is neither real nor complex floating point.
    """
    if dtype is None:
        dtype = jnp.result_type(*(array for array in arrays if array is not None))
        return dtype if jnp.issubdtype(dtype, jnp.inexact) else jnp.promote_types(jnp.float32, dtype)
    if not jnp.issubdtype(dtype, jnp.inexact):
        raise ValueError(f"dtype must be a floating point type, got {jnp.dtype(dtype)}")
    return dtype


def keep_dtypes(args: Any, /, *, dtype: Any = None, inexact: bool = True) -> Any:  # noqa: ARG001
    """The `promote_dtype` of Linen: inputs and parameters enter the arithmetic as they are."""
    return args


def _centred(x: jax.Array, stats: Moments, reduced: tuple[int, ...]) -> jax.Array:
    if stats.shift is None:
        return x - jnp.expand_dims(stats.mean, reduced)
    assert stats.offset is not None
    return (x - jnp.expand_dims(stats.shift, reduced)) - jnp.expand_dims(stats.offset, reduced)


def _along_features(
    name: str, value: Parameter, x: jax.Array, feature_axes: Axes, dtype: Dtype | None
) -> jax.Array | None:
    """The parameter with one dimension per dimension of `x`."""
    if value is None:
        return None
    array = jnp.asarray(value, dtype)
    axes = canonical_axes(x.ndim, feature_axes)
    _require_shape(name, array, x, axes)
    return array.reshape([x.shape[axis] if axis in axes else 1 for axis in range(x.ndim)])


def _require_shape(name: str, array: jax.Array, x: jax.Array, axes: tuple[int, ...]) -> None:
    """Broadcasting would let some wrong sizes pass in silence."""
    expected = tuple(x.shape[axis] for axis in axes)
    if array.shape != expected:
        raise ValueError(
            f"{name} has shape {array.shape}, but an input of shape {x.shape} "
            f"needs {expected}, its sizes along the axes {axes}"
        )
