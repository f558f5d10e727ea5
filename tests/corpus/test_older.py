"""Older names of JAX: there while a package runs, and gone afterwards."""

import jax
import jax.numpy as jnp
import numpy as np

from .older import older_names


def test_older_names_do_what_they_did() -> None:
    x = jnp.arange(6.0)

    def older(x: jax.Array) -> tuple[jax.Array, ...]:
        parts = x.split(2)  # type: ignore[attr-defined]
        return (*parts, jnp.clip(x, a_min=1, a_max=None), jnp.reshape(x, newshape=(2, 3)))

    with older_names():
        for found in (older(x), jax.jit(older)(x)):
            for one, two in zip(found, (x[:3], x[3:], x.clip(1), x.reshape(2, 3)), strict=True):
                np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(jnp.reshape(x, (3, 2)), x.reshape(3, 2))
    assert not hasattr(x, "split")
