"""Our dot-product attention gives what that of flax.linen gives, whatever the dtypes and the arguments."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from migrate_norm.layers.nnx import dot_product_attention

_KEYS = jax.random.split(jax.random.key(7), 5)
_MASK = jnp.tril(jnp.ones((1, 1, 4, 5), bool))
_BIAS = jax.random.normal(_KEYS[3], (2, 3, 4, 5))
_ARGUMENTS: tuple[dict[str, Any], ...] = (
    {},
    {"bias": _BIAS, "mask": _MASK},
    {"mask": _MASK, "dropout_rng": _KEYS[4], "dropout_rate": 0.4},
    {"bias": _BIAS, "dropout_rng": _KEYS[4], "dropout_rate": 0.4, "broadcast_dropout": False},
    {"dropout_rate": 0.4, "deterministic": True, "precision": "highest"},
)


@pytest.mark.parametrize(
    ("given", "dtype", "in_float32"),
    [
        ("float32", None, False),
        ("bfloat16", None, False),
        ("bfloat16", None, True),
        ("float32", "bfloat16", True),
    ],
)
def test_equal(given: str, dtype: str | None, in_float32: bool) -> None:
    shapes = ((2, 4, 3, 6), (2, 5, 3, 6), (2, 5, 3, 7))
    arrays = [jax.random.normal(k, shape).astype(given) for k, shape in zip(_KEYS[:3], shapes, strict=True)]
    for arguments in _ARGUMENTS:
        options = {**arguments, "dtype": dtype, "force_fp32_for_softmax": in_float32}
        expected = nn.dot_product_attention(*arrays, **options)
        np.testing.assert_array_equal(dot_product_attention(*arrays, **options), expected, strict=True)


def test_the_arguments_stand_in_the_places_of_linen() -> None:
    arrays = [jax.random.normal(k, (4, 3, 6)) for k in _KEYS[:3]]
    more = (None, _MASK[0, :, :4, :4], False, _KEYS[4], 0.5, False, "bfloat16", "highest")
    expected = nn.dot_product_attention(*arrays, *more)
    np.testing.assert_array_equal(dot_product_attention(*arrays, *more), expected, strict=True)


def test_dropout_without_a_key() -> None:
    arrays = [jax.random.normal(k, (4, 3, 6)) for k in _KEYS[:3]]
    with pytest.raises(ValueError, match="pass dropout_rng"):
        dot_product_attention(*arrays, dropout_rate=0.5)
