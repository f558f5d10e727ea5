"""RNNs that run through `y[:, :-1]` and begin with `y[:, 0]`: decoders that are given what they should have said."""

import pytest
from flax import nnx

from .check import (
    NNX_HEADER,
    Call,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    with_header,
)

_BEFORE = """\
class Cell(nn.RNNCellBase):
    features: int
    forced: bool

    @nn.compact
    def __call__(self, carry, x):
        state, last = carry
        if not self.forced:
            x = last
        state, y = nn.LSTMCell(self.features)(state, x)
        said = nn.softmax(nn.Dense(last.shape[-1])(y))
        return (state, said), said

    @property
    def num_feature_axes(self) -> int:
        return 1


class L(nn.Module):
    forced: bool

    @nn.compact
    def __call__(self, x, y):
        encoder = nn.RNN(nn.LSTMCell(5), return_carry=True, name="encoder")
        decoder = nn.RNN(Cell(5, self.forced){options}, name="decoder")
        state, _ = encoder(x)
        return decoder({steps}, initial_carry={begin})
"""
_OPTIONS = {"options": "", "steps": "y[:, :-1]", "begin": "(state, y[:, 0])"}
_AFTER = """\
class Cell(nnx.RNNCellBase):
    def __init__(
        self,
        carry_1_features: int,
        x_features: int,
        features: int,
        forced: bool,
        *,
        rngs: nnx.Rngs,
    ):
        self.forced = forced
        self.lstm_cell_0 = nnx.LSTMCell(
            carry_1_features if not forced else x_features, features, rngs=rngs
        )
        self.dense_0 = nnx.Linear(features, carry_1_features, rngs=rngs)

    def __call__(self, carry, x):
        state, last = carry
        if not self.forced:
            x = last
        state, y = self.lstm_cell_0(state, x)
        said = nnx.softmax(self.dense_0(y))
        return (state, said), said

    @property
    def num_feature_axes(self) -> int:
        return 1


class L(nnx.Module):
    def __init__(
        self,
        x_features: int,
        y_features: int,
        forced: bool,
        *,
        rngs: nnx.Rngs,
    ):
        self.encoder = nnx.RNN(
            nnx.LSTMCell(x_features, 5, rngs=rngs), return_carry=True, rngs=rngs
        )
        self.decoder = nnx.RNN(
            Cell(y_features, y_features, 5, forced, rngs=rngs), rngs=rngs
        )

    def __call__(self, x, y):
        state, _ = self.encoder(x)
        return self.decoder(y[:, :-1], initial_carry=(state, y[:, 0]))
"""


def _with(**options: str) -> str:
    return with_header(_BEFORE.format(**{**_OPTIONS, **options}))


def test_transformed() -> None:
    check_transformed(_with(), with_header(_AFTER, NNX_HEADER))


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
@pytest.mark.parametrize("forced", [True, False])
def test_computes_the_same(forced: bool, graph: bool) -> None:
    call = Call("L", (3, 7), {"forced": forced}, (f32(2, 4, 3), f32(2, 6, 7)))
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        check_equivalent(_with(), call)


OTHERS = {
    "that begins with something else": {"begin": "(state, jnp.zeros((2, 7)))"},
    "that begins with another array": {"begin": "(state, x[:, 0])"},
    "whose first axis is time": {"options": ", time_major=True"},
    "through a part of the first axis": {"steps": "y[1:]", "begin": "(state, y[0])"},
    "through every second step, or feature": {"steps": "y[:, ::2]"},
    "through parts of two axes": {"steps": "y[:2, :-1]"},
    "that begins with several": {"begin": "(state, y[:, :1])"},
}
"""What says nothing of whether `y[:, :-1]` is all steps but one, or all features."""


@pytest.mark.parametrize("name", OTHERS)
def test_refused(name: str) -> None:
    check_refused(_with(**OTHERS[name]), "MN108")
