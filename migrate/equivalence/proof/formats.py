"""Number formats: what a dtype can hold."""

from typing import Any

import jax.numpy as jnp

from ..measure import FINFO

IINFO: Any = jnp.iinfo  # it has no annotations
IEEE = frozenset({"float16", "bfloat16", "float32", "float64"})  # with infinities, NaN and both zeros


def is_float(dtype: str) -> bool:
    """Whether a dtype is a real floating-point one that follows IEEE 754; those of 8 bits and less do not."""
    return dtype in IEEE


def is_integer(dtype: str) -> bool:
    """Whether a dtype is an integer one; not bool."""
    return not _is_key(dtype) and bool(jnp.issubdtype(jnp.dtype(dtype), jnp.integer))


def is_real(dtype: str) -> bool:
    """Whether a dtype is neither complex nor a PRNG key."""
    return dtype == "bool" or is_float(dtype) or is_integer(dtype)


def is_signed(dtype: str) -> bool:
    """Whether a dtype has negative numbers."""
    return is_float(dtype) or (is_integer(dtype) and jnp.issubdtype(jnp.dtype(dtype), jnp.signedinteger))


def holds_all_of(wide: str, narrow: str) -> bool:
    """Whether every number of `narrow` is one of `wide`, so that a conversion there loses nothing."""
    if narrow == "bool":
        return is_real(wide)
    if is_float(narrow) and wide in IEEE:
        w, n = FINFO(jnp.dtype(wide)), FINFO(jnp.dtype(narrow))
        return bool(w.nmant >= n.nmant and w.maxexp >= n.maxexp and w.minexp <= n.minexp)
    if is_integer(narrow) and is_integer(wide):
        w_info, n_info = IINFO(wide), IINFO(narrow)
        return bool(w_info.min <= n_info.min and w_info.max >= n_info.max)
    return False


def _is_key(dtype: str) -> bool:
    return dtype.startswith("key<")
