"""Random numbers that show faults: no fresh zeros and ones, several scales, positive where it matters."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from .measure import FINFO


class Regime(NamedTuple):
    """How one sample draws: standard deviation and mean of the inputs, whether matrices have both signs."""

    scale: float
    offset: float
    signed: bool


# Samples take these in turn. Small inputs bring out an epsilon, inputs away from zero a variance that is
# computed in another way or precision; matrices of one sign keep square roots and logarithms finite.
REGIMES = (Regime(1.5, 0.5, True), Regime(0.02, 0.0, False), Regime(1.0, 4.0, True), Regime(20.0, 0.0, False))


FORCES = 4  # how often `poison` tries to make a leaf show


def regime(sample: int) -> Regime:
    """Returns the way to draw in sample number `sample`."""
    return REGIMES[sample % len(REGIMES)]


def draw_input(spec: Any, rng: np.random.Generator, how: Regime) -> jax.Array:
    """Returns an input of `spec.shape`, `spec.dtype`; integers are 0 or 1, two in three booleans are True."""
    dtype = jnp.dtype(spec.dtype)
    if jnp.issubdtype(dtype, jnp.inexact):
        return _inexact(how.offset + how.scale * _normal(rng, spec.shape, dtype), dtype)
    return _discrete(rng, spec.shape, dtype)


def draw_leaf(leaf: Any, collection: str, rng: np.random.Generator, how: Regime) -> jax.Array:
    """Returns random weights of `leaf.shape` and `leaf.dtype`; matrices are scaled so that signals keep size.

    Parameters with a fan-in may be negative; all else is positive, because it may be a variance or a scale.
    """
    dtype, fan_in = leaf.dtype, int(np.prod(leaf.shape[:-1]))
    if jnp.issubdtype(dtype, jax.dtypes.prng_key):
        return jax.random.split(jax.random.key(int(rng.integers(2**31))), leaf.shape)
    if not jnp.issubdtype(dtype, jnp.inexact):
        return _discrete(rng, leaf.shape, dtype)
    normal = _normal(rng, leaf.shape, dtype)
    if collection == "params" and fan_in > 1:
        return _inexact(normal / np.sqrt(fan_in) if how.signed else (abs(normal) + 0.1) / fan_in, dtype)
    return _inexact(abs(normal) * 0.5 + 0.1, dtype)


def disturb(collection: str, value: jax.Array, rng: np.random.Generator, force: int) -> jax.Array:
    """Returns other values of the same shape and dtype, each element moved by another amount.

    Force 0 keeps signs; the later ones, up to FORCES, go further and flip signs of parameters (an argmax or
    a relu hides small moves).
    """
    dtype = value.dtype
    if jnp.issubdtype(dtype, jax.dtypes.prng_key):
        return jax.random.split(jax.random.key(int(rng.integers(2**31))), value.shape)
    if dtype == jnp.bool_:
        return jnp.logical_not(value)
    if not jnp.issubdtype(dtype, jnp.inexact):
        return value + jnp.asarray(1, dtype)
    factor = (1.2 + rng.random(value.shape)) * 3.0**force
    if force and collection == "params":
        factor = factor * rng.choice((-1.0, 1.0), value.shape)
    wide = np.asarray(value).astype(_wide(dtype))
    return _inexact((wide + np.where(wide.real < 0, -0.2, 0.2)) * factor, dtype)


def jitter(value: jax.Array, rng: np.random.Generator) -> jax.Array:
    """Returns floats moved up or down by one unit in the last place, anything else as it is."""
    dtype = value.dtype
    if not jnp.issubdtype(dtype, jnp.inexact):
        return value
    step = 1.0 + rng.choice((-1.0, 1.0), value.shape) * float(FINFO(dtype).eps)
    return _inexact(np.asarray(value).astype(_wide(dtype)) * step, dtype)


def _wide(dtype: Any) -> Any:
    return np.complex128 if jnp.issubdtype(dtype, jnp.complexfloating) else np.float64


def _normal(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> np.ndarray[Any, Any]:
    real = rng.normal(size=shape)
    return real + 1j * rng.normal(size=shape) if jnp.issubdtype(dtype, jnp.complexfloating) else real


def _discrete(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> jax.Array:
    found = rng.random(shape) < 2 / 3 if dtype == jnp.bool_ else rng.integers(0, 2, shape)
    return jnp.asarray(np.asarray(found).astype(dtype))


def _inexact(values: Any, dtype: Any) -> jax.Array:
    return jnp.asarray(np.asarray(values).astype(dtype))
