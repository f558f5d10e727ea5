"""What setup may hold, and lists that follow others of their class: before and after, and calls to compare with."""

from .check import Call, Case, f32

_X, _IMAGE = f32(4, 6), f32(2, 8, 8, 3)
HEADER = """\
import functools
import logging

import jax.numpy as jnp
import numpy as np

from flax import linen as nn


"""
NNX_HEADER = HEADER.replace("from flax import linen as nn", "from flax import nnx")

TRANSFORMED = (
    Case(
        "setup-in-pairs",
        """\
class L(nn.Module):
    f: int
    wide: bool = True

    def setup(self):
        dense = functools.partial(nn.Dense, self.f)
        self.query, self.key, self.value = dense(), dense(use_bias=False), dense()
        self.a, self.b = nn.Dense(3), nn.LayerNorm(name="bb")
        self._x, self._y = self.f, 2 / self.f
        out = self.f * 2
        if self.wide:
            out *= 2
        self.final = nn.Dense(out)

    def __call__(self, x):
        y = self.query(x) + self.key(x) * self.value(x) + self._x + self._y
        return self.final(y) + self.a(x).sum() + self.b(x).sum()
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, f: int, wide: bool = True, *, rngs: nnx.Rngs):
        dense = functools.partial(nnx.Linear, out_features=f)
        self.query = dense(in_features, rngs=rngs)
        self.key = dense(in_features, use_bias=False, rngs=rngs)
        self.value = dense(in_features, rngs=rngs)
        self.a = nnx.Linear(in_features, 3, rngs=rngs)
        self.b = nnx.LayerNorm(in_features, rngs=rngs)
        self._x, self._y = f, 2 / f
        out = f * 2
        if wide:
            out *= 2
        self.final = nnx.Linear(f, out, rngs=rngs)

    def __call__(self, x):
        y = self.query(x) + self.key(x) * self.value(x) + self._x + self._y
        return self.final(y) + self.a(x).sum() + self.b(x).sum()
""",
        (
            Call("L", sizes=(6,), arguments={"f": 4}, inputs=(_X,)),
            Call("L", sizes=(6,), arguments={"f": 3, "wide": False}, inputs=(_X,)),
        ),
    ),
    Case(
        "setup-with-arrays",
        """\
class L(nn.Module):
    f: int = 3

    def setup(self):
        self.dense = nn.Dense(self.f)
        h, w = (2, self.f)
        mask = np.ones((h, w))
        mask[-1, w // 2 :] = 0
        self.mask = jnp.asarray(mask)

    def __call__(self, x):
        return self.dense(x)[:, None] * self.mask
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, f: int = 3, *, rngs: nnx.Rngs):
        self.f = f
        self.dense = nnx.Linear(in_features, f, rngs=rngs)

    def _mask(self):
        h, w = (2, self.f)
        mask = np.ones((h, w))
        mask[-1, w // 2 :] = 0
        return jnp.asarray(mask)

    def __call__(self, x):
        return self.dense(x)[:, None] * self._mask()
""",
        (Call("L", sizes=(6,), inputs=(_X,)),),
    ),
    Case(
        "setup-that-logs",
        """\
class L(nn.Module):
    depth: int = 2

    def setup(self):
        logging.info("a new %s", self.__class__.__name__)
        assert self.depth > 0, self.__class__.__name__
        self.dense = [nn.Dense(4) for _ in range(self.depth)]

    def __call__(self, x):
        for dense in self.dense:
            x = dense(x)
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, depth: int = 2, *, rngs: nnx.Rngs):
        logging.info("a new %s", self.__class__.__name__)
        assert depth > 0, self.__class__.__name__
        self.dense = nnx.List()
        for _ in range(depth):
            self.dense.append(nnx.Linear(in_features, 4, rngs=rngs))
            in_features = 4

    def __call__(self, x):
        for dense in self.dense:
            x = dense(x)
        return x
""",
        (Call("L", sizes=(6,), inputs=(_X,)),),
    ),
    Case(
        "setup-that-tells-its-logger",
        """\
logger = logging.getLogger(__name__)


class L(nn.Module):
    name_of: str | None = None

    def setup(self):
        if self.name_of is None:
            logger.warning(f"an approximate one, not {self.name_of}")
            name = "tanh"
        else:
            name = self.name_of
        self.act = getattr(jnp, name)
        self.dense = nn.Dense(4)

    def __call__(self, x):
        return self.act(self.dense(x))
""",
        """\
logger = logging.getLogger(__name__)


class L(nnx.Module):
    def __init__(self, in_features: int, name_of: str | None = None, *, rngs: nnx.Rngs):
        if name_of is None:
            logger.warning(f"an approximate one, not {name_of}")
            name = "tanh"
        else:
            name = name_of
        self.act = getattr(jnp, name)
        self.dense = nnx.Linear(in_features, 4, rngs=rngs)

    def __call__(self, x):
        return self.act(self.dense(x))
""",
        (
            Call("L", sizes=(6,), inputs=(_X,)),
            Call("L", sizes=(6,), arguments={"name_of": "sin"}, inputs=(_X,)),
        ),
    ),
    Case(
        "two-in-a-loop-behind-one",
        """\
class L(nn.Module):
    f: int = 3
    depth: int = 2

    @nn.compact
    def __call__(self, x):
        x = nn.Conv(self.f, (3, 3))(x)
        for _ in range(self.depth):
            y = nn.Conv(self.f, (3, 3))(nn.relu(x))
            x = x + nn.Conv(self.f, (1, 1))(nn.relu(y))
        return nn.Conv(2, (1, 1))(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, f: int = 3, depth: int = 2, *, rngs: nnx.Rngs):
        self.conv_0 = nnx.Conv(in_features, f, (3, 3), rngs=rngs)
        self.conv_1 = nnx.List()
        self.conv_2 = nnx.List()
        for _ in range(depth):
            self.conv_1.append(nnx.Conv(f, f, (3, 3), rngs=rngs))
            self.conv_2.append(nnx.Conv(f, f, (1, 1), rngs=rngs))
        self.conv_3 = nnx.Conv(f, 2, (1, 1), rngs=rngs)

    def __call__(self, x):
        x = self.conv_0(x)
        for conv_1, conv_2 in zip(self.conv_1, self.conv_2):
            y = conv_1(nnx.relu(x))
            x = x + conv_2(nnx.relu(y))
        return self.conv_3(x)
""",
        (
            Call("L", sizes=(3,), inputs=(_IMAGE,)),
            Call("L", sizes=(3,), arguments={"f": 2, "depth": 3}, inputs=(_IMAGE,)),
        ),
    ),
    Case(
        "two-loops",
        """\
class Block(nn.Module):
    f: int

    @nn.compact
    def __call__(self, x):
        return x + nn.Dense(self.f)(nn.LayerNorm()(x))


class L(nn.Module):
    depth: int = 2

    @nn.compact
    def __call__(self, x):
        for _ in range(self.depth):
            x = Block(6)(x)
        x = nn.Dense(5)(x)
        for _ in range(self.depth + 1):
            x = Block(5)(x)
        x = nn.Dense(4)(x)
        for _ in range(2):
            x = Block(4)(x)
        return nn.Dense(3)(x)
""",
        """\
class Block(nnx.Module):
    def __init__(self, in_features: int, f: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, f, rngs=rngs)
        self.layer_norm_0 = nnx.LayerNorm(in_features, rngs=rngs)

    def __call__(self, x):
        return x + self.dense_0(self.layer_norm_0(x))


class L(nnx.Module):
    def __init__(self, in_features: int, depth: int = 2, *, rngs: nnx.Rngs):
        self.block = nnx.List()
        for _ in range(depth):
            self.block.append(Block(in_features, 6, rngs=rngs))
            in_features = 6
        self.dense_0 = nnx.Linear(in_features, 5, rngs=rngs)
        self.block_1 = nnx.List(Block(5, 5, rngs=rngs) for _ in range(depth + 1))
        self.dense_1 = nnx.Linear(5, 4, rngs=rngs)
        self.block_2 = nnx.List(Block(4, 4, rngs=rngs) for _ in range(2))
        self.dense_2 = nnx.Linear(4, 3, rngs=rngs)

    def __call__(self, x):
        for block in self.block:
            x = block(x)
        x = self.dense_0(x)
        for block_1 in self.block_1:
            x = block_1(x)
        x = self.dense_1(x)
        for block_2 in self.block_2:
            x = block_2(x)
        return self.dense_2(x)
""",
        (Call("L", sizes=(6,), inputs=(_X,)), Call("L", sizes=(6,), arguments={"depth": 1}, inputs=(_X,))),
    ),
    Case(
        "a-local-of-the-name-of-its-field",
        """\
class L(nn.Module):
    sizes: dict

    def setup(self):
        sizes = self.sizes
        self.up = nn.Dense(sizes["up"])
        self.down = nn.Dense(self.sizes["down"])

    def __call__(self, x):
        sizes = self.sizes
        return self.down(self.up(x)) * len(sizes)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, sizes: dict, *, rngs: nnx.Rngs):
        self.sizes = sizes
        self.up = nnx.Linear(in_features, sizes["up"], rngs=rngs)
        self.down = nnx.Linear(sizes["up"], sizes["down"], rngs=rngs)

    def __call__(self, x):
        sizes = self.sizes
        return self.down(self.up(x)) * len(sizes)
""",
        (Call("L", sizes=(6,), arguments={"sizes": {"up": 4, "down": 3}}, inputs=(_X,)),),
    ),
    Case(
        "a-method-that-has-returned",
        """\
class L(nn.Module):
    only: bool = False

    def setup(self):
        self.a = nn.Dense(4)
        self.b = nn.Dense(4)
        self.norm = nn.LayerNorm()

    def __call__(self, x):
        if self.only:
            return self.a(x)
        x = self.a(x)
        return self.norm(self.b(x))
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, only: bool = False, *, rngs: nnx.Rngs):
        self.only = only
        self.a = nnx.Linear(in_features, 4, rngs=rngs)
        if not only:
            self.b = nnx.Linear(4, 4, rngs=rngs)
            self.norm = nnx.LayerNorm(4, rngs=rngs)

    def __call__(self, x):
        if self.only:
            return self.a(x)
        x = self.a(x)
        return self.norm(self.b(x))
""",
        tuple(Call("L", sizes=(6,), arguments={"only": only}, inputs=(_X,)) for only in (False, True)),
    ),
)
