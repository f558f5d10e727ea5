"""The pytest plugin, in a pytest of its own: a line per test, and a failure that shows where the sides part."""

import sys

import pytest

pytest_plugins = ["pytester"]

TESTS = """
from flax import linen as nn
from flax import nnx
from migrate_norm import InputSpec

X = InputSpec("float32", ("b", 6))


def test_same(equivalent):
    assert equivalent(nn.LayerNorm(), lambda: nnx.LayerNorm(6, rngs=nnx.Rngs(0)), X).proved


def test_other_epsilon(equivalent):
    equivalent(nn.LayerNorm(), lambda: nnx.LayerNorm(6, epsilon=1e-3, rngs=nnx.Rngs(0)), X)


def test_other_shape(equivalent):
    equivalent(nn.LayerNorm(), lambda: nnx.LayerNorm(5, rngs=nnx.Rngs(0)), X)
"""


@pytest.fixture
def run(pytester: pytest.Pytester):
    pytester.makepyfile(TESTS)
    return lambda *args: pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider", *args)


def test_a_failure_shows_the_first_operations(run):
    result = run()
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*first operations that are not the same (output)*",
            "*Linen computes add(max, 1e-06)*",
            "*NNX   computes add(max, 0.001)*",
            "*cannot be compared: LayerNorm and LayerNorm*",
        ]
    )
    assert "Traceback" not in result.stdout.str()


def test_samples_can_be_set(run):
    result = run("--migrate-norm-samples", "0", "-k", "other_epsilon")
    result.stdout.fnmatch_lines(["*no samples were run: none were asked for*"])


def test_pytest_starts_without_jax(pytester: pytest.Pytester):
    pytester.makepyfile(
        "import sys\ndef test_it(): assert 'jax' not in sys.modules and 'flax' not in sys.modules"
    )
    assert pytester.runpytest_subprocess("-p", "no:hypothesispytest").ret == 0
    assert sys.executable
