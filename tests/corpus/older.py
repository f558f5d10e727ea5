"""What JAX has renamed since the packages were written: both sides call it by the old name."""

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp

_clip = jnp.clip


@contextlib.contextmanager
def older_names() -> Iterator[None]:
    """Has `jnp.clip` take `a_min` and `a_max`, as it did when the Flax models of Hugging Face were released."""
    with mock.patch.object(jnp, "clip", clip):
        yield


def clip(arr: Any, /, *limits: Any, a_min: Any = None, a_max: Any = None, **named: Any) -> jax.Array:
    """`jax.numpy.clip`, by the names that its limits have now or had before."""
    older = {"min": a_min, "max": a_max}
    return _clip(arr, *limits, **named, **{name: limit for name, limit in older.items() if limit is not None})
