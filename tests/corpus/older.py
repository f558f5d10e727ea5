"""What JAX has renamed or dropped since the packages were written: both sides call it by the old name."""

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp

_clip, _reshape = jnp.clip, jnp.reshape
_ARRAYS = (jax.core.Tracer, type(jnp.zeros(())))


@contextlib.contextmanager
def older_names() -> Iterator[None]:
    """Has JAX take what the packages were written for.

    `jnp.clip` with `a_min` and `a_max`, `jnp.reshape` with `newshape`, and arrays with a method `split`.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(jnp, "clip", clip))
        stack.enter_context(mock.patch.object(jnp, "reshape", reshape))
        for kind in _ARRAYS:
            stack.enter_context(mock.patch.object(kind, "split", split, create=True))
        yield


def clip(arr: Any, /, *limits: Any, a_min: Any = None, a_max: Any = None, **named: Any) -> jax.Array:
    """`jax.numpy.clip`, by the names that its limits have now or had before."""
    older = {"min": a_min, "max": a_max}
    return _clip(arr, *limits, **named, **{name: limit for name, limit in older.items() if limit is not None})


def reshape(a: Any, *shape: Any, newshape: Any = None, **named: Any) -> jax.Array:
    """`jax.numpy.reshape`, by the name that the shape had before."""
    return _reshape(a, *(shape if newshape is None else (newshape,)), **named)


def split(self: jax.Array, *given: Any, **named: Any) -> list[jax.Array]:
    """`jax.numpy.split` as the method that arrays had before."""
    return jnp.split(self, *given, **named)
