"""Random numbers that show faults: no fresh zeros and ones, several scales, positive where it matters."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np


class Spread(NamedTuple):
    """Standard deviation and mean of float inputs."""

    scale: float
    mean: float


# Successive calls take these in turn. Small inputs bring out an epsilon; inputs away from zero bring out a
# variance that is computed in another way or in another precision.
SPREADS = (Spread(1.5, 0.5), Spread(0.02, 0.0), Spread(1.0, 30.0))


def spread(sample: int, call: int) -> Spread:
    """Returns how to draw the inputs of a call; both count from 0, and each sample begins elsewhere."""
    return SPREADS[(sample + call) % len(SPREADS)]


def draw_input(spec: Any, rng: np.random.Generator, how: Spread) -> jax.Array:
    """Returns an input of `spec.shape`, `spec.dtype`; integers are 0 or 1, two in three booleans are True."""
    dtype = jnp.dtype(spec.dtype)
    if jnp.issubdtype(dtype, jnp.inexact):
        return as_dtype(how.mean + how.scale * _normal(rng, spec.shape, dtype), dtype)
    return _discrete(rng, spec.shape, dtype)


def draw_leaf(leaf: Any, collection: str, rng: np.random.Generator, signed: bool) -> jax.Array:
    """Returns random weights of `leaf.shape` and `leaf.dtype`; matrices are scaled so that signals keep size.

    Parameters with a fan-in have both signs if `signed`; all else is positive: it may be a variance, or a
    square root or logarithm may be taken of it.
    """
    dtype, fan_in = leaf.dtype, int(np.prod(leaf.shape[:-1]))
    if jnp.issubdtype(dtype, jax.dtypes.prng_key):
        return new_keys(rng, leaf.shape)
    if not jnp.issubdtype(dtype, jnp.inexact):
        return _discrete(rng, leaf.shape, dtype)
    normal = _normal(rng, leaf.shape, dtype)
    if collection == "params" and fan_in > 1:
        return as_dtype(normal / np.sqrt(fan_in) if signed else (abs(normal) + 0.1) / fan_in, dtype)
    return as_dtype(abs(normal) * 0.5 + 0.1, dtype)


def new_keys(rng: np.random.Generator, shape: tuple[int, ...]) -> jax.Array:
    """Returns typed PRNG keys."""
    return jax.random.split(jax.random.key(int(rng.integers(2**31))), shape)


def as_dtype(values: Any, dtype: Any) -> jax.Array:
    """Returns NumPy values as a JAX array of exactly that dtype."""
    return jnp.asarray(np.asarray(values).astype(dtype))


def _normal(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> np.ndarray[Any, Any]:
    real = rng.normal(size=shape)
    return real + 1j * rng.normal(size=shape) if jnp.issubdtype(dtype, jnp.complexfloating) else real


def _discrete(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> jax.Array:
    return as_dtype(rng.random(shape) < 2 / 3 if dtype == jnp.bool_ else rng.integers(0, 2, shape), dtype)
