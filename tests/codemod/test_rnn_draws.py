"""Cells that draw random numbers in each step of an `nn.RNN`, from streams that it splits."""

import warnings

import jax.numpy as jnp
import pytest
from flax import nnx

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    load,
    name_of,
)

CELL = """\
class Cell(nn.RNNCellBase):
    rate: float

    @nn.compact
    def __call__(self, carry, x):
        y = nn.Dense(4)(nn.Dropout(self.rate, deterministic=False)(carry)) + nn.Dense(4)(x)
        if self.rate:
            return y, jax.random.uniform(self.make_rng("noise"), (3,))
        return y, y

    @property
    def num_feature_axes(self):
        return 1


class Net(nn.Module):
    rate: float = 0.5

    @nn.compact
    def __call__(self, x):
        b, t, d = x.shape
        rnn = nn.RNN(Cell(self.rate), split_rngs={"params": False, "dropout": True, "noise": True})
        return rnn(x, initial_carry=jnp.zeros((b, 4)))
"""
AFTER = """\
class Cell(nnx.RNNCellBase):
    def __init__(
        self,
        carry_features: int,
        x_features: int,
        rate: float,
        *,
        rngs: nnx.Rngs,
    ):
        self.rate = rate
        self.rngs = rngs.fork()
        self.dense_0 = nnx.Linear(carry_features, 4, rngs=rngs)
        self.dropout_0 = nnx.Dropout(rate, deterministic=False, rngs=rngs)
        self.dense_1 = nnx.Linear(x_features, 4, rngs=rngs)

    def __call__(self, carry, x):
        y = self.dense_0(self.dropout_0(carry)) + self.dense_1(x)
        if self.rate:
            return y, jax.random.uniform(self.rngs.noise(), (3,))
        return y, y

    @property
    def num_feature_axes(self):
        return 1


class Net(nnx.Module):
    def __init__(self, in_features: int, rate: float = 0.5, *, rngs: nnx.Rngs):
        self.rnn_0 = nnx.RNN(Cell(4, in_features, rate, rngs=rngs), rngs=rngs)

    def __call__(self, x):
        b, t, d = x.shape
        return self.rnn_0(x, initial_carry=jnp.zeros((b, 4)))
"""
_SPLIT = '{"params": False, "dropout": True, "noise": True}'


def test_transformed() -> None:
    check_transformed(HEADER + CELL, NNX_HEADER + AFTER)


def test_the_same_values_where_nothing_is_drawn() -> None:
    check_equivalent(HEADER + CELL, Call("Net", (3,), {"rate": 0.0}, (f32(2, 5, 3),)))


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
def test_each_step_draws_numbers_of_its_own(graph: bool) -> None:
    with warnings.catch_warnings(), nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        warnings.simplefilter("error")
        model = load(NNX_HEADER + AFTER).Net(3, rngs=nnx.Rngs(0))
        drawn = jnp.concatenate([model(jnp.ones((2, 5, 3))).ravel() for _ in range(2)])
    assert len(set(drawn.tolist())) == 2 * 5 * 3


def _split(said: str) -> str:
    assert _SPLIT in CELL
    return CELL.replace(_SPLIT, said)


REFUSED = (
    Refusal("not-all", "MN102", _split('{"params": False, "noise": True}')),
    Refusal("by-default", "MN102", _split('{"params": False}')),
    Refusal("the-same-in-each-step", "MN109", _split('{"params": False, "dropout": True, "noise": False}')),
    Refusal("parameters-of-each-step", "MN109", _split('{"params": True, "dropout": True, "noise": True}')),
    Refusal("nothing-of-parameters", "MN109", _split('{"dropout": True, "noise": True}')),
    Refusal("computed", "MN109", _split('{"params": False, "dropout": True, "noise": self.rate > 0}')),
    Refusal("no-dict", "MN109", _split("self.split")),
    Refusal("another-stream", "MN102", CELL.replace('make_rng("noise")', "make_rng()")),
    Refusal("of-a-field", "MN102", CELL.replace('"noise")', "self.s)").replace("float\n", "float\n    s: str\n")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    check_refused(HEADER + refusal.before, refusal.code)
