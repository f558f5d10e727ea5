"""Mean and variance of an array, operation for operation as flax.linen computes them: equal bit by bit."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax.typing import Axes, Dtype
from jax import lax

from .axes import canonical_axes

Average = Callable[..., tuple[jax.Array, ...]]


class Moments(NamedTuple):
    """Mean and variance, without the reduced axes.

    With shifted data the mean is `shift + offset`, kept apart because their sum is rounded.
    """

    mean: jax.Array
    var: jax.Array
    shift: jax.Array | None = None
    offset: jax.Array | None = None


def moments(
    x: jax.Array,
    axes: Axes,
    *,
    dtype: Dtype | None = None,
    axis_name: str | None = None,
    axis_index_groups: Any = None,
    use_mean: bool = True,
    use_fast_variance: bool = True,
    mask: jax.Array | None = None,
    force_float32_reductions: bool = True,
    use_shifted_data: bool = False,
) -> Moments:
    """Mean and variance of `x` over the axes, and over the devices along `axis_name`.

    They are computed in `dtype` (default: that of `x`), in float32 at least unless told otherwise.
    Positions where the mask is false do not count; where it leaves nothing, the result is NaN.
    Without `use_mean` the variance is the mean square and the mean is zero.
    """
    x = jnp.asarray(x).astype(_statistics_dtype(x, dtype, force_float32_reductions))
    axes = canonical_axes(x.ndim, axes)
    where = None if mask is None else jnp.asarray(mask, dtype=bool)

    def average(*arrays: jax.Array) -> tuple[jax.Array, ...]:
        means = tuple(array.mean(axes, where=where) for array in arrays)
        return means if axis_name is None else _across_devices(means, axis_name, axis_index_groups)

    if not use_mean:
        (mean_square,) = average(_abs_sq(x))
        return Moments(jnp.zeros_like(mean_square), mean_square)
    variance = _fast_variance if use_fast_variance else partial(_two_pass_variance, axes)
    if not use_shifted_data:
        return Moments(*variance(x, average))
    (shift,) = average(x if where is not None else _first(x, axes))
    shift = lax.stop_gradient(shift)
    offset, var = variance(x - jnp.expand_dims(shift, axes), average)
    return Moments(shift + offset, var, shift, offset)


def running_average(old: jax.Array, new: jax.Array, momentum: float) -> jax.Array:
    """`momentum * old + (1 - momentum) * new`, in the dtype of `old`.

    Raises ValueError where that dtype is real and the new value complex.
    """
    if jnp.iscomplexobj(new) and not jnp.iscomplexobj(old):
        raise ValueError(f"running statistics in {old.dtype} cannot hold the {new.dtype} mean of this input")
    return (momentum * old + (1 - momentum) * new).astype(old.dtype)


def running_moments(mean: jax.Array, var: jax.Array, dtype: Dtype | None) -> Moments:
    """Stored moments, cast to `dtype` where one is given."""
    return Moments(jnp.asarray(mean, dtype), jnp.asarray(var, dtype))


def _statistics_dtype(x: jax.Array, dtype: Dtype | None, force_float32: bool) -> Dtype:
    dtype = jnp.result_type(x) if dtype is None else dtype
    return jnp.promote_types(dtype, jnp.float32) if force_float32 else dtype


def _across_devices(means: tuple[jax.Array, ...], name: str, groups: Any) -> tuple[jax.Array, ...]:
    """One collective for all of them: its latency outweighs the stacking."""
    if len(means) == 1:
        return (_pmean(means[0], name, groups),)
    stacked = _pmean(jnp.stack(means), name, groups)
    return tuple(stacked[index] for index in range(len(means)))


def _pmean(x: jax.Array, name: str, groups: Any) -> jax.Array:
    try:
        mean: jax.Array = lax.pmean(x, name, axis_index_groups=groups)  # type: ignore[no-untyped-call]
    except NotImplementedError as error:
        raise NotImplementedError(
            f"JAX takes no axis_index_groups (got {groups}) under vmap, and under shard_map only with "
            "check_vma=False"
        ) from error
    return mean


def _abs_sq(x: jax.Array) -> jax.Array:
    if jnp.iscomplexobj(x):
        return lax.square(lax.real(x)) + lax.square(lax.imag(x))
    return lax.square(x)


def _fast_variance(x: jax.Array, average: Average) -> tuple[jax.Array, jax.Array]:
    mean, mean_square = average(x, _abs_sq(x))
    # Rounding can make the difference negative.
    return mean, jnp.maximum(0.0, mean_square - _abs_sq(mean))


def _two_pass_variance(axes: tuple[int, ...], x: jax.Array, average: Average) -> tuple[jax.Array, jax.Array]:
    (mean,) = average(x)
    return mean, average(_abs_sq(x - jnp.expand_dims(mean, axes)))[0]


def _first(x: jax.Array, axes: tuple[int, ...]) -> jax.Array:
    """One element of each group, as a group of one."""
    return x[tuple(slice(0, 1) if axis in axes else slice(None) for axis in range(x.ndim))]
