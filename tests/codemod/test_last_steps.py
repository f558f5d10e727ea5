"""The last step of a sequence that a scan runs over: what all steps give together has one axis more than each."""

import numpy as np

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_refused, check_transformed

SOURCE = f"from functools import partial\n\n{HEADER}"
READER = """\
class Steps(nn.Module):
    width: int

    @partial(nn.scan, variable_broadcast="params", in_axes=1, out_axes=1, split_rngs={"params": False})
    @nn.compact
    def __call__(self, carry, x):
        return nn.OptimizedLSTMCell(self.width)(carry, x)

    @staticmethod
    def first(batch, width):
        return jnp.zeros((batch, width)), jnp.zeros((batch, width))


class Reader(nn.Module):
    width: int = 3

    @nn.compact
    def __call__(self, tokens):
        x = nn.Embed(7, 5)(tokens)
        carry, ys = Steps(self.width)(Steps.first(x.shape[0], self.width), x)
        return nn.Dense(2)(ys[:, -1])
"""
NNX = """\
class Steps(nnx.Module):
    def __init__(self, in_features: int, width: int, *, rngs: nnx.Rngs):
        self.optimized_lstm_cell_0 = nnx.LSTMCell(in_features, width, rngs=rngs)

    @nnx.scan(in_axes=(None, nnx.Carry, 1), out_axes=(nnx.Carry, 1))
    def __call__(self, carry, x):
        return self.optimized_lstm_cell_0(carry, x)

    @staticmethod
    def first(batch, width):
        return jnp.zeros((batch, width)), jnp.zeros((batch, width))


class Reader(nnx.Module):
    def __init__(self, width: int = 3, *, rngs: nnx.Rngs):
        self.width = width
        self.embed_0 = nnx.Embed(7, 5, rngs=rngs)
        self.steps_0 = Steps(5, width, rngs=rngs)
        self.dense_0 = nnx.Linear(width, 2, rngs=rngs)

    def __call__(self, tokens):
        x = self.embed_0(tokens)
        carry, ys = self.steps_0(Steps.first(x.shape[0], self.width), x)
        return self.dense_0(ys[:, -1])
"""


def test_transformed() -> None:
    check_transformed(SOURCE + READER, NNX_HEADER + NNX)


def test_computes_the_same() -> None:
    check_equivalent(SOURCE + READER, Call("Reader", (), {}, (np.array([[0, 3, 6], [1, 2, 5]]),)))


def test_an_element_of_the_last_axis_is_no_step() -> None:
    check_refused(SOURCE + READER.replace("ys[:, -1]", "ys[..., -1]"), "MN108")
