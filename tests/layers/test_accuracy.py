"""Outputs and gradients against float64 NumPy, on inputs that are hard for float32."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from migrate_norm.layers import linen as our_linen
from migrate_norm.layers import nnx as our_nnx

SHAPE = (6, 5, 32)
# Which axes each layer reduces, once the channels are split in groups of 8 for GroupNorm.
REDUCED = {"BatchNorm": (0, 1), "LayerNorm": (2,), "RMSNorm": (2,), "GroupNorm": (1, 3), "InstanceNorm": (1,)}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "BatchNorm": {"use_running_average": False, "epsilon": 1e-6},
    "GroupNorm": {"num_groups": 4},
}
CENTRED = [name for name in REDUCED if name != "RMSNorm"]
EPSILON = 1e-6


def reference(layer: str, x: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
    """What the layer computes, in float64, without scale and bias."""
    x = np.asarray(x, np.float64)
    shape = (*x.shape[:-1], 4, 8) if layer == "GroupNorm" else x.shape
    split, where = x.reshape(shape), np.ones(shape, bool) if mask is None else mask.reshape(shape)
    mean = np.zeros(1) if layer == "RMSNorm" else _mean(split, REDUCED[layer], where)
    var = _mean((split - mean) ** 2, REDUCED[layer], where)
    return ((split - mean) / np.sqrt(var + EPSILON)).reshape(x.shape)


def _mean(x: np.ndarray, axes: tuple[int, ...], where: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):  # 0 / 0 where nothing is left
        return np.sum(x, axes, keepdims=True, where=where) / np.sum(where, axes, keepdims=True)


def error(layer: str, x: np.ndarray, mask: np.ndarray | None = None, **arguments: Any) -> float:
    """The largest error of our two layers, where the mask is true and something is left to compare."""
    arguments = ARGUMENTS.get(layer, {}) | arguments
    given = None if mask is None else jnp.asarray(mask)
    linen = getattr(our_linen, layer)(**arguments)
    variables = linen.init(jax.random.key(0), x)
    twin = getattr(our_nnx, layer)(32, **arguments, rngs=nnx.Rngs(0))
    outputs = (
        linen.apply(variables, x, mask=given, mutable=["batch_stats"])[0],
        twin(jnp.asarray(x), mask=given),
    )
    expected = reference(layer, x, mask)
    compared = np.isfinite(expected) & (True if mask is None else mask)
    assert compared.any()
    assert all((np.isfinite(y) == np.isfinite(expected)).all() for y in outputs)
    return max(float(np.abs(np.asarray(y, np.float64) - expected)[compared].max()) for y in outputs)


def normal(mean: float = 0.0, deviation: float = 1.0, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, deviation, SHAPE).astype(np.float32)


@pytest.mark.parametrize("layer", REDUCED)
@pytest.mark.parametrize("deviation", [1e-18, 1e-6, 1.0, 1e6, 1e18])
@pytest.mark.parametrize("fast", [True, False])
def test_scale(layer: str, deviation: float, fast: bool) -> None:
    assert error(layer, normal(deviation=deviation), use_fast_variance=fast) < (2e-5 if fast else 3e-6)


@pytest.mark.parametrize("layer", CENTRED)
@pytest.mark.parametrize("mean", [0.0, 1e2, 1e4, -1e4])
@pytest.mark.parametrize("fast", [True, False])
def test_shifted_data_keeps_all_digits(layer: str, mean: float, fast: bool) -> None:
    assert error(layer, normal(mean), use_shifted_data=True, use_fast_variance=fast) < 1e-5


@pytest.mark.parametrize("layer", CENTRED)
def test_digits_lost_without_it(layer: str) -> None:
    """The docstrings' claims: flax's formulas at mean 10000, which parity makes ours."""
    assert error(layer, normal(1e4)) > 1.0
    assert 1e-5 < error(layer, normal(1e4), use_fast_variance=False) < 1e-2


@pytest.mark.parametrize("layer", CENTRED)
@pytest.mark.parametrize("value", [0.0, 0.1, 1e4, -3e5])
def test_constant_input_gives_zeros(layer: str, value: float) -> None:
    constant = np.full(SHAPE, value, np.float32)
    assert error(layer, constant, use_shifted_data=True) == 0.0
    # A mean is off by some parts in 10 million; dividing by sqrt(epsilon) makes that 1000 times as much.
    assert error(layer, constant, use_fast_variance=False) <= abs(value) * 5e-4


@pytest.mark.parametrize("layer", CENTRED)
def test_one_element_far_away(layer: str) -> None:
    """The element that is subtracted may be the outlier: still within the number of elements times 1e-7."""
    x = normal()
    x[0, 0, 0] = 1e4
    assert error(layer, x, use_shifted_data=True) < 1e-4


@pytest.mark.parametrize("layer", CENTRED)
def test_masked_values_do_not_matter(layer: str) -> None:
    """Large values under the mask, and rows that are masked out completely: those alone are NaN."""
    mask = np.random.default_rng(1).random(SHAPE) < 0.7
    mask[2] = False
    x = np.where(mask, normal(1e4), np.float32(-1e8))
    assert np.isnan(reference(layer, x, mask)[2]).all() == (layer != "BatchNorm")
    assert error(layer, x, mask, use_shifted_data=True) < 1e-5


@pytest.mark.parametrize("layer", REDUCED)
@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
@pytest.mark.parametrize("mean", [0.0, 100.0])
def test_half_precision_input_is_not_reduced_in_half_precision(layer: str, dtype: Any, mean: float) -> None:
    x = np.asarray(jnp.asarray(normal(mean), dtype))
    shifted = {} if layer == "RMSNorm" else {"use_shifted_data": True}
    assert error(layer, x, dtype=jnp.float32, **shifted) < 1e-5


@pytest.mark.parametrize("layer", CENTRED)
def test_gradients_with_shifted_data(layer: str) -> None:
    """At a mean where both formulas are exact, the subtracted element changes no gradient."""
    x, weight = normal(0.5), normal(seed=1)

    def grad(**arguments: Any) -> jax.Array:
        module = getattr(our_linen, layer)(**ARGUMENTS.get(layer, {}), **arguments)
        variables = module.init(jax.random.key(0), x)
        return jax.grad(
            lambda x: jnp.sum(weight * module.apply(variables, x, mutable=["batch_stats"])[0]),
        )(x)

    expected = grad(use_fast_variance=False)
    np.testing.assert_allclose(grad(use_shifted_data=True), expected, rtol=1e-4, atol=2e-5)
    assert np.abs(expected).max() > 0.1


def test_running_statistics_with_shifted_data() -> None:
    """They hold the mean itself, not what is left of it after the shift."""
    module = our_nnx.BatchNorm(32, momentum=0.0, use_shifted_data=True, rngs=nnx.Rngs(0))
    x = normal(1e4)
    module(x, use_running_average=False)
    np.testing.assert_allclose(module.mean[...], x.astype(np.float64).mean((0, 1)), rtol=1e-7)
    np.testing.assert_allclose(module.var[...], x.astype(np.float64).var((0, 1)), rtol=1e-5)
