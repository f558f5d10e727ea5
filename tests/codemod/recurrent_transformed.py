"""Recurrent cells and methods that nn.scan decorates, before and after, and calls to compare the two with."""

from .check import Call, Case, f32

TRANSFORMED = (
    Case(
        "cells",
        """\
class L(nn.Module):
    h: int = 4

    @nn.compact
    def __call__(self, xs, c, h):
        lstm = nn.scan(
            nn.LSTMCell, variable_broadcast="params", split_rngs={"params": False}, in_axes=1, out_axes=1
        )
        carry, ys = lstm(self.h, name="lstm")((c, h), xs)
        back = nn.scan(
            nn.OptimizedLSTMCell,
            variable_broadcast="params",
            split_rngs={"params": False},
            in_axes=1,
            out_axes=1,
            reverse=True,
        )(features=self.h)
        carry, ys = back(carry, ys)
        (c, h), y = nn.LSTMCell(self.h, gate_fn=nn.hard_sigmoid)(carry, ys[..., -1, :])
        h, y = nn.SimpleCell(features=self.h)(h, inputs=y)
        return nn.Dense(2)(y), carry, nn.Dense(2)(c)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, h: int = 4, *, rngs: nnx.Rngs):
        self.lstm = nnx.LSTMCell(in_features, h, rngs=rngs)
        self.scan_optimized_lstm_cell_0 = nnx.LSTMCell(h, h, rngs=rngs)
        self.lstm_cell_0 = nnx.LSTMCell(h, h, gate_fn=nnx.hard_sigmoid, rngs=rngs)
        self.simple_cell_0 = nnx.SimpleCell(h, h, dtype=None, rngs=rngs)
        self.dense_0 = nnx.Linear(h, 2, rngs=rngs)
        self.dense_1 = nnx.Linear(h, 2, rngs=rngs)

    def __call__(self, xs, c, h):
        @nnx.scan(in_axes=(nnx.Carry, None, 1), out_axes=(nnx.Carry, 1))
        def scan(carry, lstm_cell, x):
            return lstm_cell(carry, x)

        carry, ys = scan((c, h), self.lstm, xs)

        @nnx.scan(in_axes=(nnx.Carry, None, 1), out_axes=(nnx.Carry, 1), reverse=True)
        def scan_optimized_lstm_cell_0(carry, optimized_lstm_cell, x):
            return optimized_lstm_cell(carry, x)

        carry, ys = scan_optimized_lstm_cell_0(carry, self.scan_optimized_lstm_cell_0, ys)
        (c, h), y = self.lstm_cell_0(carry, ys[..., -1, :])
        h, y = self.simple_cell_0(h, inputs=y)
        return self.dense_0(y), carry, self.dense_1(c)
""",
        (Call("L", (5,), {}, (f32(2, 3, 5), f32(2, 4), f32(2, 4))),),
    ),
    Case(
        "decorated",
        """\
from functools import partial

import jax
import jax.numpy as jnp
from flax import linen as nn


class ScannedRNN(nn.Module):
    hidden: int

    @partial(nn.scan, variable_broadcast="params", in_axes=0, out_axes=0, split_rngs={"params": False})
    @nn.compact
    def __call__(self, carry, inputs, resets):
        carry = jax.tree.map(lambda c: jnp.where(resets[:, None] > 0, jnp.zeros_like(c), c), carry)
        carry, y = nn.LSTMCell(self.hidden)(carry, nn.Dense(7)(inputs))
        return carry, nn.relu(y)


class L(nn.Module):
    h: int = 4

    @nn.compact
    def __call__(self, c, h, obs, dones):
        x = nn.relu(nn.Dense(6)(obs))
        carry, y = ScannedRNN(self.h)((c, h), x, dones)
        return carry, nn.Dense(2)(y)
""",
        """\
import jax
import jax.numpy as jnp
from flax import nnx


class ScannedRNN(nnx.Module):
    def __init__(self, in_features: int, hidden: int, *, rngs: nnx.Rngs):
        self.lstm_cell_0 = nnx.LSTMCell(7, hidden, rngs=rngs)
        self.dense_0 = nnx.Linear(in_features, 7, rngs=rngs)

    @nnx.scan(in_axes=(None, nnx.Carry, 0, 0), out_axes=(nnx.Carry, 0))
    def __call__(self, carry, inputs, resets):
        carry = jax.tree.map(lambda c: jnp.where(resets[:, None] > 0, jnp.zeros_like(c), c), carry)
        carry, y = self.lstm_cell_0(carry, self.dense_0(inputs))
        return carry, nnx.relu(y)


class L(nnx.Module):
    def __init__(self, in_features: int, h: int = 4, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, 6, rngs=rngs)
        self.scanned_rnn_0 = ScannedRNN(6, h, rngs=rngs)
        self.dense_1 = nnx.Linear(h, 2, rngs=rngs)

    def __call__(self, c, h, obs, dones):
        x = nnx.relu(self.dense_0(obs))
        carry, y = self.scanned_rnn_0((c, h), x, dones)
        return carry, self.dense_1(y)
""",
        (Call("L", (5,), {}, (f32(2, 4), f32(2, 4), f32(3, 2, 5), f32(3, 2))),),
    ),
    Case(
        "gru",
        """\
from flax import linen as nn


class L(nn.Module):
    h: int = 4

    @nn.compact
    def __call__(self, xs, c):
        gru = nn.scan(
            nn.GRUCell, variable_broadcast="params", split_rngs={"params": False}, in_axes=1, out_axes=1
        )
        carry, ys = gru(self.h, name="gru")(c, xs)
        h, y = nn.GRUCell(features=self.h, gate_fn=nn.hard_sigmoid)(carry, inputs=xs[:, 0])
        return nn.Dense(2)(ys), y
""",
        """\
from flax import nnx
from migrate_norm.layers.nnx import GRUCell


class L(nnx.Module):
    def __init__(self, in_features: int, h: int = 4, *, rngs: nnx.Rngs):
        self.gru = GRUCell(in_features, h, rngs=rngs)
        self.gru_cell_0 = GRUCell(in_features, h, gate_fn=nnx.hard_sigmoid, rngs=rngs)
        self.dense_0 = nnx.Linear(h, 2, rngs=rngs)

    def __call__(self, xs, c):
        @nnx.scan(in_axes=(nnx.Carry, None, 1), out_axes=(nnx.Carry, 1))
        def scan(carry, gru_cell, x):
            return gru_cell(carry, x)

        carry, ys = scan(c, self.gru, xs)
        h, y = self.gru_cell_0(carry, inputs=xs[:, 0])
        return self.dense_0(ys), y
""",
        (Call("L", (5,), {}, (f32(2, 3, 5), f32(2, 4))),),
    ),
)
