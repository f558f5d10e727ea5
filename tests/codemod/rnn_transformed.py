# ruff: noqa: E501
"""`nn.RNN` and `nn.Bidirectional`, before and after, and calls to compare the two with."""

from .check import Call, Case, f32

TRANSFORMED = (
    Case(
        "in-a-compact-method",
        """\
import jax
import jax.numpy as jnp
from flax import linen as nn


class L(nn.Module):
    h: int = 4

    @nn.compact
    def __call__(self, x):
        y = nn.RNN(nn.LSTMCell(self.h), reverse=True, keep_order=True)(x)
        encoder = nn.RNN(nn.GRUCell(self.h), return_carry=True, name="encoder")
        carry, y = encoder(nn.Dense(7)(y), seq_lengths=jnp.array([2, 3]))
        z = nn.Bidirectional(nn.RNN(nn.LSTMCell(3)), nn.RNN(nn.GRUCell(features=5), unroll=2))(y)
        return nn.Dense(2)(z), carry
""",
        """\
import jax
import jax.numpy as jnp
from flax import nnx
from migrate_norm.layers.nnx import GRUCell


class L(nnx.Module):
    def __init__(self, in_features: int, h: int = 4, *, rngs: nnx.Rngs):
        self.rnn_0 = nnx.RNN(
            nnx.LSTMCell(in_features, h, rngs=rngs),
            reverse=True,
            keep_order=True,
            rngs=rngs,
        )
        self.encoder = nnx.RNN(GRUCell(7, h, rngs=rngs), return_carry=True, rngs=rngs)
        self.dense_0 = nnx.Linear(h, 7, rngs=rngs)
        self.bidirectional_0 = nnx.Bidirectional(
            nnx.RNN(nnx.LSTMCell(h, 3, rngs=rngs), rngs=rngs),
            nnx.RNN(GRUCell(h, 5, rngs=rngs), unroll=2, rngs=rngs),
            rngs=rngs,
        )
        self.dense_1 = nnx.Linear(8, 2, rngs=rngs)

    def __call__(self, x):
        y = self.rnn_0(x)
        carry, y = self.encoder(self.dense_0(y), seq_lengths=jnp.array([2, 3]))
        z = self.bidirectional_0(y)
        return self.dense_1(z), carry
""",
        (Call("L", (3,), {}, (f32(2, 5, 3),)),),
    ),
    Case(
        "in-setup-with-a-cell-of-ones-own",
        """\
import jax
import jax.numpy as jnp
from flax import linen as nn


class Cell(nn.RNNCellBase):
    features: int

    @nn.compact
    def __call__(self, carry, x):
        h = nn.tanh(nn.Dense(self.features)(carry) + nn.Dense(self.features)(x))
        return h, h * 2

    @property
    def num_feature_axes(self):
        return 1


class L(nn.Module):
    h: int = 4

    def setup(self):
        self.rnn = nn.RNN(Cell(self.h), time_major=True, return_carry=True)
        self.both = nn.Bidirectional(nn.RNN(nn.LSTMCell(3)), nn.RNN(nn.SimpleCell(3)), merge_fn=jnp.add, return_carry=True)

    def __call__(self, x, c):
        carry, y = self.rnn(x, initial_carry=c)
        carries, z = self.both(y, time_major=True)
        return z, carry, carries
""",
        """\
import jax
import jax.numpy as jnp
from flax import nnx


class Cell(nnx.RNNCellBase):
    def __init__(
        self,
        carry_features: int,
        x_features: int,
        features: int,
        *,
        rngs: nnx.Rngs,
    ):
        self.dense_0 = nnx.Linear(carry_features, features, rngs=rngs)
        self.dense_1 = nnx.Linear(x_features, features, rngs=rngs)

    def __call__(self, carry, x):
        h = nnx.tanh(self.dense_0(carry) + self.dense_1(x))
        return h, h * 2

    @property
    def num_feature_axes(self):
        return 1


class L(nnx.Module):
    def __init__(self, c_features: int, x_features: int, h: int = 4, *, rngs: nnx.Rngs):
        self.rnn = nnx.RNN(
            Cell(c_features, x_features, h, rngs=rngs),
            time_major=True,
            return_carry=True,
            rngs=rngs,
        )
        self.both = nnx.Bidirectional(
            nnx.RNN(nnx.LSTMCell(h, 3, rngs=rngs), rngs=rngs),
            nnx.RNN(nnx.SimpleCell(h, 3, dtype=None, rngs=rngs), rngs=rngs),
            merge_fn=jnp.add,
            return_carry=True,
            rngs=rngs,
        )

    def __call__(self, x, c):
        carry, y = self.rnn(x, initial_carry=c)
        carries, z = self.both(y, time_major=True)
        return z, carry, carries
""",
        (Call("L", (4, 3), {}, (f32(5, 2, 3), f32(2, 4))),),
    ),
    Case(
        "on-a-condition",
        """\
import jax
import jax.numpy as jnp
from flax import linen as nn


class L(nn.Module):
    f: bool = True

    @nn.compact
    def __call__(self, x):
        if self.f:
            x = nn.RNN(nn.LSTMCell(4))(x)
        else:
            x = nn.RNN(nn.GRUCell(4))(x)
        return nn.Dense(2)(nn.RNN(nn.LSTMCell(5))(x))
""",
        """\
import jax
import jax.numpy as jnp
from flax import nnx
from migrate_norm.layers.nnx import GRUCell


class L(nnx.Module):
    def __init__(self, in_features: int, f: bool = True, *, rngs: nnx.Rngs):
        self.f = f
        if f:
            self.rnn_0 = nnx.RNN(nnx.LSTMCell(in_features, 4, rngs=rngs), rngs=rngs)
        else:
            self.rnn_1 = nnx.RNN(GRUCell(in_features, 4, rngs=rngs), rngs=rngs)
        self.dense_0 = nnx.Linear(5, 2, rngs=rngs)
        self.rnn_2 = nnx.RNN(nnx.LSTMCell(4, 5, rngs=rngs), rngs=rngs)

    def __call__(self, x):
        if self.f:
            x = self.rnn_0(x)
        else:
            x = self.rnn_1(x)
        return self.dense_0(self.rnn_2(x))
""",
        (
            Call("L", (3,), {}, (f32(2, 5, 3),)),
            Call("L", (3,), {"f": False}, (f32(2, 5, 3),)),
        ),
    ),
    Case(
        "carries-of-both-ways",
        """\
import jax
import jax.numpy as jnp
from flax import linen as nn


class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        (a, b), y = nn.Bidirectional(nn.RNN(nn.LSTMCell(4)), nn.RNN(nn.GRUCell(5)))(x, return_carry=True, seq_lengths=jnp.array([3, 4]))
        return nn.Dense(2)(y), nn.Dense(2)(b), a
""",
        """\
import jax
import jax.numpy as jnp
from flax import nnx
from migrate_norm.layers.nnx import GRUCell


class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.bidirectional_0 = nnx.Bidirectional(
            nnx.RNN(nnx.LSTMCell(in_features, 4, rngs=rngs), rngs=rngs),
            nnx.RNN(GRUCell(in_features, 5, rngs=rngs), rngs=rngs),
            rngs=rngs,
        )
        self.dense_0 = nnx.Linear(9, 2, rngs=rngs)
        self.dense_1 = nnx.Linear(5, 2, rngs=rngs)

    def __call__(self, x):
        (a, b), y = self.bidirectional_0(x, return_carry=True, seq_lengths=jnp.array([3, 4]))
        return self.dense_0(y), self.dense_1(b), a
""",
        (Call("L", (3,), {}, (f32(2, 5, 3),)),),
    ),
    Case(
        "in-a-sequential",
        """\
import jax
import jax.numpy as jnp
from flax import linen as nn


class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Sequential([nn.RNN(nn.LSTMCell(4)), nn.Dense(2)])(x)
""",
        """\
import jax
import jax.numpy as jnp
from flax import nnx


class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.sequential_0 = nnx.Sequential(
            nnx.RNN(nnx.LSTMCell(in_features, 4, rngs=rngs), rngs=rngs),
            nnx.Linear(4, 2, rngs=rngs),
        )

    def __call__(self, x):
        return self.sequential_0(x)
""",
        (Call("L", (3,), {}, (f32(2, 5, 3),)),),
    ),
)
