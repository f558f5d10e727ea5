"""Changes to given values: large ones that a result has to show, and one ulp, which shows rounding noise."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .draw import as_dtype, new_keys
from .measure import FINFO

FORCES = 4  # how often to try before a leaf counts as unseen


def disturb(collection: str, value: jax.Array, rng: np.random.Generator, force: int) -> jax.Array:
    """Returns other values of the same shape and dtype, each element moved by another amount.

    Force 0 keeps signs; the later ones, up to FORCES, go further and flip signs of parameters (an argmax or
    a relu hides small moves).
    """
    dtype = value.dtype
    if jnp.issubdtype(dtype, jax.dtypes.prng_key):
        return new_keys(rng, value.shape)
    if dtype == jnp.bool_:
        return jnp.logical_not(value)
    if not jnp.issubdtype(dtype, jnp.inexact):
        return value + jnp.asarray(1 + force, dtype)
    factor = (1.2 + rng.random(value.shape)) * 3.0**force
    if force and collection == "params":
        factor = factor * rng.choice((-1.0, 1.0), value.shape)
    wide = np.asarray(value).astype(_wide(dtype))
    return as_dtype((wide + np.where(wide.real < 0, -0.2, 0.2)) * factor, dtype)


def jitter(value: jax.Array, rng: np.random.Generator) -> jax.Array:
    """Returns floats moved up or down by one unit in the last place; half precision and the rest as it is.

    One unit of half precision is no rounding noise to a layer that computes in float32.
    """
    dtype = value.dtype
    if not jnp.issubdtype(dtype, jnp.inexact) or FINFO(dtype).eps > FINFO(np.float32).eps:
        return value
    step = 1.0 + rng.choice((-1.0, 1.0), value.shape) * float(FINFO(dtype).eps)
    return as_dtype(np.asarray(value).astype(_wide(dtype)) * step, dtype)


def _wide(dtype: Any) -> Any:
    return np.complex128 if jnp.issubdtype(dtype, jnp.complexfloating) else np.float64
