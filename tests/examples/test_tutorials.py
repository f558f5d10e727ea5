"""The two lessons: Linen and NNX against each other and against float64 NumPy."""

import os
import subprocess
import sys
from types import ModuleType

import jax.numpy as jnp
import numpy as np
import pytest

from .load import EXAMPLES, load

SIDES = ("linen", "nnx")
RNG = np.random.default_rng(3)


@pytest.fixture(params=SIDES)
def layer_norm(request: pytest.FixtureRequest) -> ModuleType:
    return load(f"tutorial_layer_norm/{request.param}.py")


@pytest.fixture(params=SIDES)
def batch_norm(request: pytest.FixtureRequest) -> ModuleType:
    return load(f"tutorial_batch_norm/{request.param}.py")


def _normalized(x: np.ndarray, axis: int, eps: float) -> np.ndarray:
    wide = x.astype(np.float64)
    mean, var = wide.mean(axis, keepdims=True), wide.var(axis, keepdims=True)
    return (wide - mean) / np.sqrt(var + eps)


@pytest.mark.parametrize("shape", [(7,), (3, 7)])
@pytest.mark.parametrize("eps", [1e-5, 0.5])
def test_layer_norm_against_numpy(layer_norm: ModuleType, shape: tuple[int, ...], eps: float) -> None:
    x = RNG.normal(3.0, 2.0, shape).astype(np.float32)
    y = layer_norm.layernorm_forward(2.0, jnp.asarray(x), np.float32(eps))
    assert y.shape == x.shape
    np.testing.assert_allclose(y, _normalized(x, -1, eps), rtol=1e-5, atol=1e-5)


def test_batch_norm_in_training_against_numpy(batch_norm: ModuleType) -> None:
    x = RNG.normal(3.0, 2.0, (6, 4)).astype(np.float32)
    y = batch_norm.batchnorm_forward(2.0, jnp.asarray(x), 0.0)
    assert y.shape == (24,)
    np.testing.assert_allclose(y, _normalized(x, 0, 1e-5).reshape(-1), rtol=1e-5, atol=1e-5)


def test_batch_norm_in_evaluation_against_numpy(batch_norm: ModuleType) -> None:
    x = RNG.normal(3.0, 2.0, (6, 4)).astype(np.float32)
    y = batch_norm.batchnorm_forward(2.0, jnp.asarray(x), 1.0)
    np.testing.assert_allclose(y, x.astype(np.float64).reshape(-1) / np.sqrt(1 + 1e-5), rtol=1e-6)


def test_running_statistics_against_numpy(batch_norm: ModuleType) -> None:
    batches = RNG.normal(3.0, 2.0, (3, 6, 4)).astype(np.float32)
    outputs, mean, var = batch_norm.train(1.0, list(jnp.asarray(batches)))
    expected_mean, expected_var = np.zeros(4), np.ones(4)
    for x in batches.astype(np.float64):
        expected_mean = 0.9 * expected_mean + 0.1 * x.mean(0)
        expected_var = 0.9 * expected_var + 0.1 * x.var(0)
    np.testing.assert_allclose(mean, expected_mean, rtol=1e-5)
    np.testing.assert_allclose(var, expected_var, rtol=1e-5)
    for x, y in zip(batches, outputs, strict=True):
        np.testing.assert_allclose(y, _normalized(x, 0, 1e-5), rtol=1e-5, atol=1e-5)


def test_both_sides_are_bit_equal() -> None:
    x = jnp.asarray(RNG.normal(3.0, 2.0, (6, 4)), jnp.float32)
    linen, nnx = (load(f"tutorial_layer_norm/{side}.py") for side in SIDES)
    np.testing.assert_array_equal(linen.layernorm_forward(0, x, 1e-5), nnx.layernorm_forward(0, x, 1e-5))
    linen, nnx = (load(f"tutorial_batch_norm/{side}.py") for side in SIDES)
    for flag in (0.0, 1.0):
        np.testing.assert_array_equal(linen.batchnorm_forward(0, x, flag), nnx.batchnorm_forward(0, x, flag))
    for ours, theirs in zip(linen.train(0, [x, x + 1])[1:], nnx.train(0, [x, x + 1])[1:], strict=True):
        np.testing.assert_array_equal(ours, theirs)


TREE_MODE = {"NNX_GRAPH_MODE": "false", "NNX_GRAPH_UPDATES": "false"}
RUN_BOTH = """
import jax.numpy as jnp
from tests.examples.load import load
x = jnp.arange(12.0).reshape(3, 4)
print(load("tutorial_layer_norm/nnx.py").layernorm_forward(0.0, x, 1e-5).sum() < 1e-4)
_, mean, _ = load("tutorial_batch_norm/nnx.py").train(0.0, [x])
print(bool(jnp.allclose(mean, 0.1 * x.mean(0))))
"""


def test_migrated_files_run_in_tree_mode_without_a_warning() -> None:
    command = [sys.executable, "-W", "error", "-c", RUN_BOTH]
    environment = {**os.environ, **TREE_MODE}
    done = subprocess.run(
        command, cwd=EXAMPLES.parent, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "True\nTrue\n"), done.stderr
