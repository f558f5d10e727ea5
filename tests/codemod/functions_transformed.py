"""Classes whose sizes pass through functions of a method, and through loops of children, before and after."""

import numpy as np

from .check import Call, Case, f32

_IDS = np.array([[0, 2, 1], [3, 1, 0]])

_STACK = """\
class Block(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x, more=False):
        x = nn.LayerNorm()(nn.Dense(self.width)(nn.relu(x)))
        return (x.sum(), x) if more else (x,)


class Blocks(nn.Module):
    width: int
    depth: int = 2

    def setup(self):
        self.blocks = [Block(self.width) for _ in range(self.depth)]

    def __call__(self, x):
        for block in self.blocks:
            x = block(x)[-1]
        return x


class Around(nn.Module):
    width: int

    def setup(self):
        self.inner = Blocks(self.width)

    def __call__(self, x):
        return self.inner(x)


"""
_MODEL = """\
class Model(nn.Module):
    width: int = 5

    def setup(self):
        self.stem = nn.Dense(self.width)
        self.around = Around(self.width)
        self.head = nn.Dense(3)

    def __call__(self, x):
        return self.head(self.around(self.stem(x)))
"""
OTHER_WIDTH = _STACK + _MODEL.replace("nn.Dense(self.width)", "nn.Dense(4)")
"""Without blocks the head has another width than with them."""

FUNCTIONS = (
    Case(
        "heads-by-local-functions",
        """\
class Attention(nn.Module):
    width: int = 6
    heads: int = 2

    def setup(self):
        self.q = nn.Dense(self.width)
        self.v = nn.Dense(self.width)
        self.out = nn.Dense(self.width)

    def __call__(self, x):
        batch = x.shape[0]
        each = self.width // self.heads

        def split(x):
            return x.reshape(batch, -1, self.heads, each).transpose(0, 2, 1, 3)

        def joined(x):
            return x.transpose(0, 2, 1, 3).reshape(batch, -1, self.heads * each)

        q, v = split(self.q(x)), split(self.v(x))
        weights = nn.softmax(jnp.matmul(q, q.transpose(0, 1, 3, 2)))
        return self.out(joined(jnp.matmul(weights, v)))
""",
        """\
class Attention(nnx.Module):
    def __init__(
        self,
        in_features: int,
        width: int = 6,
        heads: int = 2,
        *,
        rngs: nnx.Rngs,
    ):
        self.width = width
        self.heads = heads
        self.q = nnx.Linear(in_features, width, rngs=rngs)
        self.v = nnx.Linear(in_features, width, rngs=rngs)
        self.out = nnx.Linear(heads * (width // heads), width, rngs=rngs)

    def __call__(self, x):
        batch = x.shape[0]
        each = self.width // self.heads

        def split(x):
            return x.reshape(batch, -1, self.heads, each).transpose(0, 2, 1, 3)

        def joined(x):
            return x.transpose(0, 2, 1, 3).reshape(batch, -1, self.heads * each)

        q, v = split(self.q(x)), split(self.v(x))
        weights = nnx.softmax(jnp.matmul(q, q.transpose(0, 1, 3, 2)))
        return self.out(joined(jnp.matmul(weights, v)))
""",
        (Call("Attention", (4,), {}, (f32(2, 3, 4),)),),
    ),
    Case(
        "pooled-by-a-partial",
        """\
from functools import partial


class Squeeze(nn.Module):
    width: int = 2

    def setup(self):
        self.pool = partial(nn.avg_pool, padding=((0, 0), (0, 0)))
        self.down = nn.Conv(self.width, (1, 1))

    def __call__(self, x):
        pooled = self.pool(x, window_shape=(x.shape[1], x.shape[2]), strides=(x.shape[1], x.shape[2]))
        return self.down(pooled)
""",
        """\
from functools import partial


class Squeeze(nnx.Module):
    def __init__(self, in_features: int, width: int = 2, *, rngs: nnx.Rngs):
        self.pool = partial(nnx.avg_pool, padding=((0, 0), (0, 0)))
        self.down = nnx.Conv(in_features, width, (1, 1), rngs=rngs)

    def __call__(self, x):
        pooled = self.pool(x, window_shape=(x.shape[1], x.shape[2]), strides=(x.shape[1], x.shape[2]))
        return self.down(pooled)
""",
        (Call("Squeeze", (3,), {}, (f32(2, 4, 4, 3),)),),
    ),
    Case(
        "mean-behind-the-first-token",
        """\
class Pooler(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(jnp.mean(x[:, 1:, :], axis=1))
""",
        """\
class Pooler(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, 3, rngs=rngs)

    def __call__(self, x):
        return self.dense_0(jnp.mean(x[:, 1:, :], axis=1))
""",
        (Call("Pooler", (4,), {}, (f32(2, 3, 4),)),),
    ),
    Case(
        "behind-the-loop-of-a-child-of-a-child",
        _STACK + _MODEL,
        """\
class Block(nnx.Module):
    def __init__(self, in_features: int, width: int, *, rngs: nnx.Rngs):
        self.layer_norm_0 = nnx.LayerNorm(width, rngs=rngs)
        self.dense_0 = nnx.Linear(in_features, width, rngs=rngs)

    def __call__(self, x, more=False):
        x = self.layer_norm_0(self.dense_0(nnx.relu(x)))
        return (x.sum(), x) if more else (x,)


class Blocks(nnx.Module):
    def __init__(self, in_features: int, width: int, depth: int = 2, *, rngs: nnx.Rngs):
        self.blocks = nnx.List()
        for _ in range(depth):
            self.blocks.append(Block(in_features, width, rngs=rngs))
            in_features = width

    def __call__(self, x):
        for block in self.blocks:
            x = block(x)[-1]
        return x


class Around(nnx.Module):
    def __init__(self, in_features: int, width: int, *, rngs: nnx.Rngs):
        self.inner = Blocks(in_features, width, rngs=rngs)

    def __call__(self, x):
        return self.inner(x)


class Model(nnx.Module):
    def __init__(self, in_features: int, width: int = 5, *, rngs: nnx.Rngs):
        self.stem = nnx.Linear(in_features, width, rngs=rngs)
        self.around = Around(width, width, rngs=rngs)
        self.head = nnx.Linear(width, 3, rngs=rngs)

    def __call__(self, x):
        return self.head(self.around(self.stem(x)))
""",
        (Call("Model", (4,), {}, (f32(2, 4),)),),
    ),
    Case(
        "features-of-a-layer-that-is-given",
        """\
class Encoder(nn.Module):
    embed: nn.Embed

    def setup(self):
        self.norm = nn.LayerNorm()
        self.out = nn.Dense(3)

    def __call__(self, ids):
        return self.out(self.norm(self.embed(ids) * 2))


class Model(nn.Module):
    width: int = 5

    def setup(self):
        embed = nn.Embed(7, self.width)
        self.encoder = Encoder(embed)
        self.head = nn.Dense(2)

    def __call__(self, ids):
        return self.head(self.encoder(ids))
""",
        """\
class Encoder(nnx.Module):
    def __init__(self, embed: nnx.Embed, *, rngs: nnx.Rngs):
        self.embed = embed
        self.norm = nnx.LayerNorm(embed.features, rngs=rngs)
        self.out = nnx.Linear(embed.features, 3, rngs=rngs)

    def __call__(self, ids):
        return self.out(self.norm(self.embed(ids) * 2))


class Model(nnx.Module):
    def __init__(self, width: int = 5, *, rngs: nnx.Rngs):
        embed = nnx.Embed(7, width, rngs=rngs)
        self.encoder = Encoder(embed, rngs=rngs)
        self.head = nnx.Linear(3, 2, rngs=rngs)

    def __call__(self, ids):
        return self.head(self.encoder(ids))
""",
        (Call("Model", (), {}, (_IDS,)), Call("Model", (), {"width": 1}, (_IDS,))),
    ),
    Case(
        "positions-of-rows-of-numbers",
        """\
import numpy as np


def positions(length, width):
    table = np.array([[i / np.power(100, 2 * (j // 2) / width) for j in range(width)] for i in range(length)])
    out = np.zeros_like(table)
    out[:, 0::2] = np.sin(table[:, 0::2])
    return jnp.array(out)


class Encoder(nn.Module):
    width: int = 6

    def setup(self):
        self.table = positions(9, self.width)
        self.out = nn.Dense(3)

    def __call__(self, x, places):
        return self.out(jnp.take(self.table, places, axis=0) * x)
""",
        """\
import numpy as np


def positions(length, width):
    table = np.array([[i / np.power(100, 2 * (j // 2) / width) for j in range(width)] for i in range(length)])
    out = np.zeros_like(table)
    out[:, 0::2] = np.sin(table[:, 0::2])
    return jnp.array(out)


class Encoder(nnx.Module):
    def __init__(self, width: int = 6, *, rngs: nnx.Rngs):
        self.width = width
        self.out = nnx.Linear(width, 3, rngs=rngs)

    def _table(self):
        return positions(9, self.width)

    def __call__(self, x, places):
        return self.out(jnp.take(self._table(), places, axis=0) * x)
""",
        (Call("Encoder", (), {}, (f32(2, 3, 1), _IDS)),),
    ),
)
