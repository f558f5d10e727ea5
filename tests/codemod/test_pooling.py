"""Functions in fields that are called as `nn.max_pool` is: the last axis of what they give is that of their input.

One that is called as `jnp.sum` is leaves the axes that it is not told.
"""

import jax.numpy as jnp
import pytest
from flax import linen as nn

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    run_in_tree_mode,
)
from .check import load as loaded
from .check import migrate as migrated

_NET = """\
class Net(nn.Module):
    {name}: {kind}

    @nn.compact
    def __call__(self, x):
        y = self.{name}(x, {arguments})
        return nn.Dense(4)(y)
"""
_NNX = """\
class Net(nnx.Module):
    def __init__(self, in_features: int, pooling: callable, *, rngs: nnx.Rngs):
        self.pooling = pooling
        self.dense_0 = nnx.Linear(in_features, 4, rngs=rngs)

    def __call__(self, x):
        y = self.pooling(x, window_shape=(2, 2), strides=(2, 2))
        return self.dense_0(y)
"""
_WINDOW = "window_shape=(2, 2), strides=(2, 2)"


def _model(name: str = "pooling", arguments: str = _WINDOW, kind: str = "callable") -> str:
    return HEADER + _NET.format(name=name, arguments=arguments, kind=kind)


def test_it_keeps_the_last_axis() -> None:
    check_transformed(_model(), NNX_HEADER + _NNX)


@pytest.mark.parametrize("name", ["pooling", "pool_fn", "avg_pool"])
def test_both_compute_the_same(name: str) -> None:
    calls = [Call("Net", (3,), {name: f}, (f32(2, 8, 8, 3),)) for f in (nn.max_pool, nn.avg_pool)]
    check_equivalent(_model(name), *calls)
    run_in_tree_mode(loaded(migrated(_model(name))[0]), calls[0])


@pytest.mark.parametrize("arguments", ["axis=-2", "axis=(1, 2)", "axis=1, keepdims=True"])
def test_what_is_called_as_a_sum_leaves_the_other_axes(arguments: str) -> None:
    calls = [Call("Net", (3,), {"pooling": f}, (f32(2, 8, 8, 3),)) for f in (jnp.sum, jnp.max)]
    check_equivalent(_model(arguments=arguments), *calls)


@pytest.mark.parametrize(
    "before",
    [
        _model("pooler"),  # what a BERT calls a layer
        _model("reduce"),
        _model(arguments="2"),
        _model(arguments="axis=AXIS"),
        _model(arguments="x, axis=1"),
        _model(arguments="**options"),
        _model(arguments="window_shape=WINDOW"),
        _model().replace("{}(x, ", "{}(strange(x), ").replace("pooling(x", "pooling(strange(x)"),
        _model().replace(
            "nn.Dense(4)(y)", "nn.Dense(4)(y.reshape(y.shape[0], -1))"
        ),  # so wide as nobody knows
    ],
)
def test_what_is_not_called_so_is_refused(before: str) -> None:
    check_refused(before, "MN108")
