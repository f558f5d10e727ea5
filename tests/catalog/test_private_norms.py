"""The private functions of Flax's norms: the same arguments in the same places, and the same results bit by bit."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from flax import nnx
from migrate_norm.catalog.private_norms import LINEN_ARGUMENTS, NNX_ARGUMENTS, NORMALIZE, PRIVATE

_LINEN, _NNX = nn.normalization, nnx.nn.normalization


@pytest.mark.parametrize("name", sorted(PRIVATE))
def test_the_namesake_takes_these_arguments(name: str) -> None:
    twin, allowed = PRIVATE[name]
    assert twin == f"nn.normalization.{name}"
    taken = [getattr(_NNX, name), *([getattr(_LINEN, name)] if name != NORMALIZE else [])]
    for function in taken:
        assert tuple(inspect.signature(function).parameters)[: len(allowed)] == allowed


def test_what_linen_takes_to_normalize() -> None:
    parameters = inspect.signature(_LINEN._normalize).parameters
    assert tuple(parameters)[: len(LINEN_ARGUMENTS)] == LINEN_ARGUMENTS
    assert [p.default for p in parameters.values()][len(LINEN_ARGUMENTS) :] == [
        True
    ]  # force_float32_reductions
    assert tuple(inspect.signature(_NNX._normalize).parameters) == NNX_ARGUMENTS


@pytest.mark.parametrize("given", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("dtype", [None, "bfloat16"])
@pytest.mark.parametrize("options", [{}, {"use_mean": False}, {"use_fast_variance": False}])
def test_statistics_are_equal(given: str, dtype: str | None, options: dict[str, bool]) -> None:
    x = (jax.random.normal(jax.random.key(0), (3, 4, 5)) + 2).astype(given)
    for axes in (0, (0, 1), (-1,)):
        ours = _LINEN._compute_stats(x, axes, dtype, **options)
        theirs = _NNX._compute_stats(x, axes, dtype, **options)
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(one, other, strict=True)


@pytest.mark.parametrize("given", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("dtype", [None, "bfloat16"])
@pytest.mark.parametrize("axis", [2, -1, 1])
@pytest.mark.parametrize(
    ("use_bias", "use_scale"), [(True, True), (True, False), (False, True), (False, False)]
)
def test_normalized_are_equal(
    given: str, dtype: str | None, axis: int, use_bias: bool, use_scale: bool
) -> None:
    reduced = tuple(i for i in range(3) if i != axis % 3)
    keys = jax.random.split(jax.random.key(1), 5)
    x = jax.random.normal(keys[0], (3, 4, 5)).astype(given)
    size = x.shape[axis]
    mean, scale, bias = (jax.random.normal(k, (size,)) for k in keys[1:4])
    var = jax.random.uniform(keys[4], (size,)) + 0.1

    class Norm(nn.Module):
        @nn.compact
        def __call__(self, x: jax.Array) -> jax.Array:
            return _LINEN._normalize(
                self, x, mean, var, reduced, axis, dtype, jnp.float32, 1e-3, use_bias, use_scale,
                nn.initializers.zeros, nn.initializers.ones,
            )  # fmt: skip

    named = {"scale": scale if use_scale else None, "bias": bias if use_bias else None}
    params = {name: value for name, value in named.items() if value is not None}
    ours = Norm().apply({"params": params}, x)
    theirs = _NNX._normalize(x, mean, var, named["scale"], named["bias"], reduced, axis, dtype, 1e-3)
    np.testing.assert_array_equal(ours, theirs, strict=True)
