"""Code that is another program each time it is traced gets no verdict."""

import itertools

import jax
import numpy as np
import pytest
from flax import linen as nn
from flax import nnx
from migrate_norm.equivalence import EquivalenceError, InputSpec, check_equivalence

X = InputSpec("float32", ("b", 6))
COUNTER = itertools.count()
SEEN: list[str] = []


class Plain(nn.Module):
    @nn.compact
    def __call__(self, x):
        SEEN.append("linen")
        return nn.Dense(6, name="dense")(x)


class Twin(nnx.Module):
    def __init__(self, compute=lambda x: x):
        self.dense, self.compute = nnx.Linear(6, 6, rngs=nnx.Rngs(0)), compute

    def __call__(self, x):
        SEEN.append("nnx")
        return self.compute(self.dense(x))


@pytest.mark.parametrize(
    "compute",
    [
        pytest.param(lambda x: x + next(COUNTER), id="a global counter"),
        pytest.param(lambda x: x * np.random.default_rng().normal(), id="random numbers of NumPy"),
    ],
)
def test_side_effects_that_change_the_program(compute):
    with pytest.raises(EquivalenceError, match="the NNX side is another program each time it is traced"):
        check_equivalence(Plain(), lambda: Twin(compute), X)


def test_side_effects_that_change_nothing():
    assert check_equivalence(Plain(), Twin, X).proved
    assert {"linen", "nnx"} <= set(SEEN)


def test_debug_prints_are_no_result():
    def shown(x):
        jax.debug.print("{}", x.sum())
        return x

    assert check_equivalence(Plain(), lambda: Twin(shown), X).proved


def test_a_callback_is_known_to_be_itself_alone():
    def host(x):
        return np.asarray(x) * 1

    def called(x):
        return jax.pure_callback(host, jax.ShapeDtypeStruct(x.shape, x.dtype), x)

    report = check_equivalence(Plain(), lambda: Twin(called), InputSpec("float32", (4, 6)), gradients=False)
    assert report.equal
    assert not report.proved
