"""Normalizing a layer's weights instead of its activations, operation for operation as flax.linen does it."""

from collections.abc import Collection
from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax.typing import Axes, Dtype
from jax import lax

from .axes import canonical_axes, feature_shape, other_axes
from .normalization import result_dtype


class Spectral(NamedTuple):
    """A weight divided by `sigma`, its largest singular value as the power iteration has it so far.

    `u` is the iteration's vector, of shape (1, last dimension of the weight).
    """

    weight: jax.Array
    u: jax.Array
    sigma: jax.Array


def scale_shape(weight: jax.Array, feature_axes: Axes | None) -> tuple[int, ...]:
    """The shape of the scale of a weight; () without feature axes."""
    return () if feature_axes is None else feature_shape(weight.shape, feature_axes)


def weight_normalized(
    weight: jax.Array,
    scale: jax.Array | None,
    *,
    feature_axes: Axes | None,
    epsilon: float,
    dtype: Dtype | None,
) -> jax.Array:
    """`weight / |weight| * scale`, the norm taken over all axes but the feature axes.

    The result is in `dtype`, by default in what weight and scale promote to.
    """
    features: Axes = () if feature_axes is None else feature_axes
    normalized = _l2_normalized(weight, other_axes(weight.ndim, features), epsilon)
    if scale is not None:
        kept = canonical_axes(weight.ndim, features)
        scale = scale.reshape([size if axis in kept else 1 for axis, size in enumerate(weight.shape)])
        normalized = normalized * scale
    return jnp.asarray(normalized, result_dtype(weight, scale, dtype=dtype))


def is_spectral(weight: jax.Array, n_steps: int, error_on_non_matrix: bool) -> bool:
    """Whether a weight is divided by its spectral norm: scalars and vectors are not.

    Raises ValueError for more than two dimensions with `error_on_non_matrix`.
    """
    if weight.ndim > 2 and n_steps >= 1 and error_on_non_matrix:
        raise ValueError(f"a weight of shape {weight.shape} is not a matrix and error_on_non_matrix is set")
    return weight.ndim > 1 and n_steps >= 1


def spectral_normalized(
    weight: jax.Array, u: jax.Array, *, n_steps: int, epsilon: float, dtype: Dtype | None
) -> Spectral:
    """The weight by its spectral norm, after `n_steps` of power iteration from `u`.

    More than two dimensions are flattened to (all but the last, last). Gradients do not flow through the
    iteration's vectors. The weight is in `dtype`, by default in what weight and vectors promote to.
    """
    matrix = weight.reshape((-1, weight.shape[-1])) if weight.ndim > 2 else weight
    for _ in range(n_steps):
        v = _l2_normalized(jnp.matmul(u, matrix.T), None, epsilon)
        u = _l2_normalized(jnp.matmul(v, matrix), None, epsilon)
    u, v = lax.stop_gradient(u), lax.stop_gradient(v)
    sigma = jnp.matmul(jnp.matmul(v, matrix), u.T)[0, 0]
    normalized = (matrix / jnp.where(sigma != 0, sigma, 1)).reshape(weight.shape)
    return Spectral(jnp.asarray(normalized, result_dtype(weight, u, v, sigma, dtype=dtype)), u, sigma)


def is_named(path: str, names: Collection[str] | None) -> bool:
    """Whether one of the names is part of the path, such as `kernel` of `Dense_0/kernel`; None names all.

    Raises ValueError for a bare string, whose characters would be taken for the names.
    """
    if isinstance(names, str):
        raise ValueError(
            f"variable_filter is a collection of names: write {{{names!r}}} instead of {names!r}"
        )
    return not names or any(name in path for name in names)


def _l2_normalized(x: jax.Array, axes: tuple[int, ...] | None, epsilon: float) -> jax.Array:
    return x * lax.rsqrt((x * x).sum(axis=axes, keepdims=True) + epsilon)
