"""First carries of recurrent cells, before and after, and calls to compare the two with."""

from .check import Call, Case, f32

TRANSFORMED = (
    Case(
        "of-a-submodule",
        """\
import jax
import jax.numpy as jnp
from flax import linen as nn


class L(nn.Module):
    h: int = 4

    @nn.compact
    def __call__(self, x):
        c = nn.LSTMCell(self.h)
        key = jax.random.key(0)
        carry, y = c(c.initialize_carry(key, x.shape), x)
        return nn.Dense(2)(y), carry
""",
        """\
import jax.numpy as jnp
from flax import nnx


class L(nnx.Module):
    def __init__(self, in_features: int, h: int = 4, *, rngs: nnx.Rngs):
        self.lstm_cell_0 = nnx.LSTMCell(in_features, h, rngs=rngs)
        self.dense_0 = nnx.Linear(h, 2, rngs=rngs)

    def __call__(self, x):
        carry, y = self.lstm_cell_0(self.lstm_cell_0.initialize_carry(x.shape, nnx.Rngs(0)), x)
        return self.dense_0(y), carry
""",
        (Call("L", (3,), {}, (f32(2, 3),)),),
    ),
    Case(
        "of-an-attribute",
        """\
import jax
import jax.numpy as jnp
from flax import linen as nn


class L(nn.Module):
    h: int = 4

    def setup(self):
        self.cell = nn.GRUCell(self.h)

    def __call__(self, x):
        carry, y = self.cell(self.start(x), x)
        return y, carry

    def start(self, x):
        return self.cell.initialize_carry(self.make_rng("params"), x.shape)
""",
        """\
import jax
import jax.numpy as jnp
from flax import nnx
from migrate_norm.layers.nnx import GRUCell


class L(nnx.Module):
    def __init__(self, in_features: int, h: int = 4, *, rngs: nnx.Rngs):
        self.cell = GRUCell(in_features, h, rngs=rngs)

    def __call__(self, x):
        carry, y = self.cell(self.start(x), x)
        return y, carry

    def start(self, x):
        return self.cell.initialize_carry(x.shape, nnx.Rngs(0))
""",
        (Call("L", (3,), {}, (f32(2, 3),)),),
    ),
    Case(
        "of-a-cell-made-for-it",
        """\
import jax
import jax.numpy as jnp
from flax import linen as nn


class L(nn.Module):
    h: int = 4

    @nn.compact
    def __call__(self, x):
        rng = jax.random.PRNGKey(0)
        carry = nn.LSTMCell(self.h).initialize_carry(rng, x.shape)
        half = nn.GRUCell(features=self.h, param_dtype=jnp.float16, parent=None)
        zero = half.initialize_carry(rng, x.shape[:-1] + (7,))
        carry, y = nn.LSTMCell(self.h)(carry, x)
        return nn.Dense(2)(y), carry, zero
""",
        """\
import jax.numpy as jnp
from flax import nnx


class L(nnx.Module):
    def __init__(self, in_features: int, h: int = 4, *, rngs: nnx.Rngs):
        self.h = h
        self.lstm_cell_1 = nnx.LSTMCell(in_features, h, rngs=rngs)
        self.dense_0 = nnx.Linear(h, 2, rngs=rngs)

    def __call__(self, x):
        carry = (jnp.zeros((*x.shape[:-1], self.h)), jnp.zeros((*x.shape[:-1], self.h)))
        zero = jnp.zeros((*x.shape[:-1], self.h), jnp.float16)
        carry, y = self.lstm_cell_1(carry, x)
        return self.dense_0(y), carry, zero
""",
        (Call("L", (3,), {}, (f32(2, 3),)),),
    ),
    Case(
        "reset-by-a-static-method",
        """\
from functools import partial

import jax
import jax.numpy as jnp
from flax import linen as nn


class ScannedRNN(nn.Module):
    @partial(
        nn.scan,
        variable_broadcast="params",
        in_axes=0,
        out_axes=0,
        split_rngs={"params": False},
    )
    @nn.compact
    def __call__(self, carry, x):
        \"\"\"Applies the module.\"\"\"
        rnn_state = carry
        ins, resets = x
        rnn_state = jnp.where(
            resets[:, None] > 0,
            self.initialize_carry(ins.shape[0], ins.shape[-1]),
            rnn_state,
        )
        new_rnn_state, y = nn.GRUCell(features=ins.shape[-1])(rnn_state, ins)
        return new_rnn_state, y

    @staticmethod
    def initialize_carry(batch_size, hidden_size):
        # Use a dummy key since the default state init fn is just zeros.
        cell = nn.GRUCell(features=hidden_size)
        return cell.initialize_carry(jax.random.PRNGKey(0), (batch_size, hidden_size))


class L(nn.Module):
    n: int

    @nn.compact
    def __call__(self, hidden, x, dones):
        embedding = nn.relu(nn.Dense(4)(x))
        rnn_in = (embedding, dones)
        hidden, embedding = ScannedRNN()(hidden, rnn_in)
        return hidden, nn.Dense(self.n)(embedding)
""",
        """\
import jax.numpy as jnp
from flax import nnx
from migrate_norm.layers.nnx import GRUCell


class ScannedRNN(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.gru_cell_1 = GRUCell(in_features, in_features, rngs=rngs)

    @nnx.scan(in_axes=(None, nnx.Carry, 0), out_axes=(nnx.Carry, 0))
    def __call__(self, carry, x):
        \"\"\"Applies the module.\"\"\"
        rnn_state = carry
        ins, resets = x
        rnn_state = jnp.where(
            resets[:, None] > 0,
            self.initialize_carry(ins.shape[0], ins.shape[-1]),
            rnn_state,
        )
        new_rnn_state, y = self.gru_cell_1(rnn_state, ins)
        return new_rnn_state, y

    @staticmethod
    def initialize_carry(batch_size, hidden_size):
        return jnp.zeros((batch_size, hidden_size))


class L(nnx.Module):
    def __init__(self, in_features: int, n: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, 4, rngs=rngs)
        self.scanned_rnn_0 = ScannedRNN(4, rngs=rngs)
        self.dense_1 = nnx.Linear(4, n, rngs=rngs)

    def __call__(self, hidden, x, dones):
        embedding = nnx.relu(self.dense_0(x))
        rnn_in = (embedding, dones)
        hidden, embedding = self.scanned_rnn_0(hidden, rnn_in)
        return hidden, self.dense_1(embedding)
""",
        (Call("L", (3,), {"n": 2}, (f32(2, 4), f32(5, 2, 3), f32(5, 2))),),
    ),
    Case(
        "of-a-child",
        """\
from functools import partial

import jax
import jax.numpy as jnp
from flax import linen as nn


class EncoderLSTM(nn.Module):
    @partial(nn.transforms.scan, variable_broadcast='params', in_axes=1, out_axes=1, split_rngs={'params': False})
    @nn.compact
    def __call__(self, carry, x):
        lstm_state, is_eos = carry
        features = lstm_state[0].shape[-1]
        new_lstm_state, y = nn.LSTMCell(features)(lstm_state, x)

        def select_carried_state(new_state, old_state):
            return jnp.where(is_eos[:, None], old_state, new_state)

        carried_lstm_state = tuple(select_carried_state(*s) for s in zip(new_lstm_state, lstm_state))
        is_eos = jnp.logical_or(is_eos, x[:, 1] > 0)
        return (carried_lstm_state, is_eos), y

    @staticmethod
    def initialize_carry(batch_size, hidden_size):
        return nn.LSTMCell(hidden_size, parent=None).initialize_carry(
            jax.random.PRNGKey(0), (batch_size, hidden_size))


class L(nn.Module):
    hidden_size: int

    @nn.compact
    def __call__(self, inputs):
        batch_size = inputs.shape[0]
        lstm = EncoderLSTM(name='encoder_lstm')
        init_lstm_state = lstm.initialize_carry(batch_size, self.hidden_size)
        init_is_eos = jnp.zeros(batch_size, dtype=bool)
        init_carry = (init_lstm_state, init_is_eos)
        (final_state, _), _ = lstm(init_carry, inputs)
        return final_state
""",
        """\
import jax.numpy as jnp
from flax import nnx


class EncoderLSTM(nnx.Module):
    def __init__(self, x_features: int, features: int, *, rngs: nnx.Rngs):
        self.lstm_cell_0 = nnx.LSTMCell(x_features, features, rngs=rngs)

    @nnx.scan(in_axes=(None, nnx.Carry, 1), out_axes=(nnx.Carry, 1))
    def __call__(self, carry, x):
        lstm_state, is_eos = carry
        new_lstm_state, y = self.lstm_cell_0(lstm_state, x)

        def select_carried_state(new_state, old_state):
            return jnp.where(is_eos[:, None], old_state, new_state)

        carried_lstm_state = tuple(select_carried_state(*s) for s in zip(new_lstm_state, lstm_state))
        is_eos = jnp.logical_or(is_eos, x[:, 1] > 0)
        return (carried_lstm_state, is_eos), y

    @staticmethod
    def initialize_carry(batch_size, hidden_size):
        return (jnp.zeros((batch_size, hidden_size)), jnp.zeros((batch_size, hidden_size)))


class L(nnx.Module):
    def __init__(self, in_features: int, hidden_size: int, *, rngs: nnx.Rngs):
        self.hidden_size = hidden_size
        self.encoder_lstm = EncoderLSTM(in_features, hidden_size, rngs=rngs)

    def __call__(self, inputs):
        batch_size = inputs.shape[0]
        init_lstm_state = self.encoder_lstm.initialize_carry(batch_size, self.hidden_size)
        init_is_eos = jnp.zeros(batch_size, dtype=bool)
        init_carry = (init_lstm_state, init_is_eos)
        (final_state, _), _ = self.encoder_lstm(init_carry, inputs)
        return final_state
""",
        (Call("L", (3,), {"hidden_size": 4}, (f32(2, 5, 3),)),),
    ),
)
