"""Loops whose last round ends with something else: no other round starts from that, and nobody knows it behind them."""

import jax
import jax.numpy as jnp
import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    migrate,
    run_in_tree_mode,
)
from .check import load as loaded

_NET = """\
class Net(nn.Module):
    sizes: tuple[int, ...]
    output_fn: callable
    plain: bool = False

    @nn.compact
    def __call__(self, x, scale=1.0):
        for {loop}:
            x = nn.Dense({size})(x)
            {body}
        return {end}
"""
_LOOP, _SIZE = "i, size in enumerate(self.sizes)", "size"
_BODY = """\
if {}:
                x = nn.relu(x)
            else:
                x = self.output_fn(x, scale)"""
_OTHER = """\
if {}:
                x = self.output_fn(x, scale)
            else:
                x = nn.relu(x)"""
_NNX = """\
class Net(nnx.Module):
    def __init__(
        self,
        in_features: int,
        sizes: tuple[int, ...],
        output_fn: callable,
        plain: bool = False,
        *,
        rngs: nnx.Rngs,
    ):
        self.sizes = sizes
        self.output_fn = output_fn
        self.dense = nnx.List()
        for size in sizes:
            self.dense.append(nnx.Linear(in_features, size, rngs=rngs))
            in_features = size

    def __call__(self, x, scale=1.0):
        for i, dense in enumerate(self.dense):
            x = dense(x)
            if i < len(self.sizes) - 1:
                x = nnx.relu(x)
            else:
                x = self.output_fn(x, scale)
        return x
"""


def _model(body: str, loop: str = _LOOP, size: str = _SIZE, end: str = "x") -> str:
    return HEADER + _NET.format(loop=loop, size=size, body=body, end=end)


def _output(x: jax.Array, scale: float) -> jax.Array:
    return jnp.concatenate([x, x], -1) * scale


_ARGUMENTS = {"sizes": (6, 4, 3), "output_fn": _output}
_CALL = Call("Net", (5,), _ARGUMENTS, (f32(2, 5),))


def test_it_is_written_as_the_loop_is() -> None:
    check_transformed(_model(_BODY.format("i < len(self.sizes) - 1")), NNX_HEADER + _NNX)


@pytest.mark.parametrize(
    "body",
    [
        _BODY.format("i < len(self.sizes) - 1"),
        _BODY.format("i != len(self.sizes) - 1"),
        _BODY.format("i + 1 < len(self.sizes)"),
        _BODY.format("self.plain or i + 1 != len(self.sizes)"),
        _BODY.format("not i == len(self.sizes) - 1"),
        _OTHER.format("i == len(self.sizes) - 1"),
        _OTHER.format("i >= len(self.sizes) - 1 and not self.plain"),
    ],
)
def test_the_side_of_the_last_round_is_known(body: str) -> None:
    before = _model(body)
    check_equivalent(before, _CALL)
    run_in_tree_mode(loaded(migrate(before)[0]), _CALL)


def test_rounds_may_be_counted_alone() -> None:
    before = _model(_BODY.format("i < 3 - 1"), "i in range(3)", "self.sizes[i]")
    check_equivalent(before, _CALL)


@pytest.mark.parametrize(
    "before",
    [
        _model(_BODY.format("i < len(self.sizes) - 2")),
        _model(_BODY.format("i <= len(self.sizes) - 1")),
        _model(_BODY.format("i < len(self.others) - 1")),
        _model(_BODY.format("self.plain and i < len(self.sizes) - 1")),
        _model(_OTHER.format("i == len(self.sizes) - 1 or self.plain")),
        _model(_BODY.format("i < len(self.sizes) - 1"), "i, size in enumerate(self.sizes, 1)"),
        _model("i = i + 1\n            " + _BODY.format("i < len(self.sizes) - 1")),
        _model(_BODY.format("i < len(self.sizes) - 1") + "\n            x = x + 1"),  # also in the last round
        _model(_BODY.format("i < len(self.sizes) - 1"), end="nn.Dense(2)(x)"),
    ],
)
def test_what_may_be_another_round_is_refused(before: str) -> None:
    check_refused(before, "MN108")
