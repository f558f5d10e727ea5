# ruff: noqa: E501
"""Modules that are made where a class is constructed, `PreNorm(Attention(4))`: their sizes are what it calls them with."""

import pytest
from migrate_norm.equivalence import InputSpec

from .check import Call, Case, check_equivalent, check_transformed, f32, listed, migrate, name_of, refusals

HEADER = "from collections.abc import Callable\n\nimport jax.numpy as jnp\nfrom flax import linen as nn\n\n\n"
AFTER = "from collections.abc import Callable\n\nimport jax.numpy as jnp\nfrom flax import nnx\n\n\n"
_X = f32(2, 3, 5)

PARTS = """\
class Residual(nn.Module):
    fn: nn.Module

    def __call__(self, x, **kwargs):
        return self.fn(x, **kwargs) + x


class PreNorm(nn.Module):
    fn: Callable

    @nn.compact
    def __call__(self, x, **kwargs):
        return self.fn(nn.LayerNorm()(x), **kwargs)


class FeedForward(nn.Module):
    dim: int
    hidden: int
    rate: float = 0.0

    @nn.compact
    def __call__(self, x, deterministic: bool = True):
        x = nn.Dense(self.hidden)(x)
        x = nn.Dropout(self.rate)(nn.gelu(x), deterministic=deterministic)
        return nn.Dense(self.dim)(x)


"""
PARTS_AFTER = """\
class Residual(nnx.Module):
    def __init__(self, fn: nnx.Module, *, rngs: nnx.Rngs):
        self.fn = fn

    def __call__(self, x, **kwargs):
        return self.fn(x, **kwargs) + x


class PreNorm(nnx.Module):
    def __init__(self, in_features: int, fn: Callable, *, rngs: nnx.Rngs):
        self.fn = fn
        self.layer_norm_0 = nnx.LayerNorm(in_features, rngs=rngs)

    def __call__(self, x, **kwargs):
        return self.fn(self.layer_norm_0(x), **kwargs)


class FeedForward(nnx.Module):
    def __init__(
        self,
        in_features: int,
        dim: int,
        hidden: int,
        rate: float = 0.0,
        *,
        rngs: nnx.Rngs,
    ):
        self.dense_0 = nnx.Linear(in_features, hidden, rngs=rngs)
        self.dropout_0 = nnx.Dropout(rate, rngs=rngs)
        self.dense_1 = nnx.Linear(hidden, dim, rngs=rngs)

    def __call__(self, x, deterministic: bool = True):
        x = self.dense_0(x)
        x = self.dropout_0(nnx.gelu(x), deterministic=deterministic)
        return self.dense_1(x)


"""

COMPACT = Case("a-loop-of-a-compact-method", PARTS + """\
class Net(nn.Module):
    dim: int
    depth: int = 2

    @nn.compact
    def __call__(self, x, train: bool = False):
        x = nn.Dense(self.dim)(x)
        for _ in range(self.depth):
            x = Residual(PreNorm(fn=nn.Dense(self.dim)))(x)
            x = Residual(PreNorm(FeedForward(self.dim, self.dim * 4, rate=0.0)))(x, deterministic=not train)
        x = Residual(Residual(FeedForward(self.dim, 3)))(x)
        return nn.LayerNorm()(x)
""", PARTS_AFTER + """\
class Net(nnx.Module):
    def __init__(self, in_features: int, dim: int, depth: int = 2, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, dim, rngs=rngs)
        self.residual_0 = nnx.List()
        self.residual_1 = nnx.List()
        for _ in range(depth):
            self.residual_0.append(
                Residual(
                    PreNorm(dim, fn=nnx.Linear(dim, dim, rngs=rngs), rngs=rngs),
                    rngs=rngs,
                )
            )
            self.residual_1.append(
                Residual(
                    PreNorm(
                        dim,
                        FeedForward(dim, dim, dim * 4, rate=0.0, rngs=rngs),
                        rngs=rngs,
                    ),
                    rngs=rngs,
                )
            )
        self.residual_3 = Residual(
            Residual(FeedForward(dim, dim, 3, rngs=rngs), rngs=rngs), rngs=rngs
        )
        self.layer_norm_0 = nnx.LayerNorm(dim, rngs=rngs)

    def __call__(self, x, train: bool = False):
        x = self.dense_0(x)
        for residual_0, residual_1 in zip(self.residual_0, self.residual_1):
            x = residual_0(x)
            x = residual_1(x, deterministic=not train)
        x = self.residual_3(x)
        return self.layer_norm_0(x)
""", (Call("Net", (5,), {"dim": 4}, (_X,)), Call("Net", (5,), {"dim": 4, "depth": 3}, (_X,))))  # fmt: skip

SETUP = Case("in-setup", PARTS + """\
class Stem(nn.Module):
    norm: nn.Module | None = None
    width: int = 6

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(self.width)(x)
        return self.norm(x) if self.norm is not None else x


class Net(nn.Module):
    dim: int
    depth: int = 2

    def setup(self):
        self.stem = Stem(norm=nn.LayerNorm(use_bias=False))
        self.plain = Stem(None, width=self.dim)
        self.layers = [Residual(PreNorm(FeedForward(self.dim, 8))) for _ in range(self.depth)]
        self.head = nn.Sequential([Residual(fn=nn.Dense(self.dim)), nn.relu, nn.Dense(2)])

    def __call__(self, x):
        x = self.plain(self.stem(x))
        for layer in self.layers:
            x = layer(x)
        return self.head(x)
""", PARTS_AFTER + """\
class Stem(nnx.Module):
    def __init__(
        self,
        in_features: int,
        norm: nnx.Module | None = None,
        width: int = 6,
        *,
        rngs: nnx.Rngs,
    ):
        self.norm = norm
        self.dense_0 = nnx.Linear(in_features, width, rngs=rngs)

    def __call__(self, x):
        x = self.dense_0(x)
        return self.norm(x) if self.norm is not None else x


class Net(nnx.Module):
    def __init__(self, in_features: int, dim: int, depth: int = 2, *, rngs: nnx.Rngs):
        self.stem = Stem(
            in_features, norm=nnx.LayerNorm(6, use_bias=False, rngs=rngs), rngs=rngs
        )
        self.plain = Stem(6, None, width=dim, rngs=rngs)
        self.layers = nnx.List(
            Residual(
                PreNorm(dim, FeedForward(dim, dim, 8, rngs=rngs), rngs=rngs), rngs=rngs
            )
            for _ in range(depth)
        )
        self.head = nnx.Sequential(
            Residual(fn=nnx.Linear(dim, dim, rngs=rngs), rngs=rngs),
            nnx.relu,
            nnx.Linear(dim, 2, rngs=rngs),
        )

    def __call__(self, x):
        x = self.plain(self.stem(x))
        for layer in self.layers:
            x = layer(x)
        return self.head(x)
""", (Call("Net", (5,), {"dim": 4}, (_X,)),))  # fmt: skip

METHODS = Case("methods-and-other-widths", """\
class Coder(nn.Module):
    width: int

    def setup(self):
        self.inner = nn.Dense(self.width)
        self.outer = nn.Dense(3)

    def encode(self, x):
        return jnp.tanh(self.inner(x))

    def decode(self, z):
        return self.outer(z)


class Both(nn.Module):
    coder: Coder
    prior: nn.Module

    def __call__(self, x):
        z = self.coder.encode(x)
        return self.coder.decode(z), self.prior(jnp.concatenate([z, x], axis=-1))


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        y, z = Both(Coder(7), prior=nn.Dense(6, use_bias=False))(x)
        return nn.Dense(1)(y), nn.Dense(2)(z)
""", """\
class Coder(nnx.Module):
    def __init__(self, x_features: int, z_features: int, width: int, *, rngs: nnx.Rngs):
        self.inner = nnx.Linear(x_features, width, rngs=rngs)
        self.outer = nnx.Linear(z_features, 3, rngs=rngs)

    def encode(self, x):
        return jnp.tanh(self.inner(x))

    def decode(self, z):
        return self.outer(z)


class Both(nnx.Module):
    def __init__(self, coder: Coder, prior: nnx.Module, *, rngs: nnx.Rngs):
        self.coder = coder
        self.prior = prior

    def __call__(self, x):
        z = self.coder.encode(x)
        return self.coder.decode(z), self.prior(jnp.concatenate([z, x], axis=-1))


class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.both_0 = Both(
            Coder(in_features, 7, 7, rngs=rngs),
            prior=nnx.Linear(7 + in_features, 6, use_bias=False, rngs=rngs),
            rngs=rngs,
        )
        self.dense_1 = nnx.Linear(3, 1, rngs=rngs)
        self.dense_2 = nnx.Linear(6, 2, rngs=rngs)

    def __call__(self, x):
        y, z = self.both_0(x)
        return self.dense_1(y), self.dense_2(z)
""", (Call("Net", (5,), {}, (_X,)),))  # fmt: skip
EMBED = Case("a-layer-that-the-field-names", """\
class Coder(nn.Module):
    embed: nn.Embed

    @nn.compact
    def __call__(self, ids):
        x = nn.Dense(4)(self.embed(ids))
        return self.embed.attend(x)


class Net(nn.Module):
    def setup(self):
        self.coders = [Coder(nn.Embed(9, 4)) for _ in range(2)]

    def __call__(self, ids):
        return sum(coder(ids) for coder in self.coders)
""", """\
class Coder(nnx.Module):
    def __init__(self, embed: nnx.Embed, *, rngs: nnx.Rngs):
        self.embed = embed
        self.dense_0 = nnx.Linear(embed.features, 4, rngs=rngs)

    def __call__(self, ids):
        x = self.dense_0(self.embed(ids))
        return self.embed.attend(x)


class Net(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.coders = nnx.List(
            Coder(nnx.Embed(9, 4, rngs=rngs), rngs=rngs) for _ in range(2)
        )

    def __call__(self, ids):
        return sum(coder(ids) for coder in self.coders)
""", (Call("Net", (), {}, (InputSpec("int32", (2, 3)),)),))  # fmt: skip

LISTS = Case("a-list-of-sequentials", """\
class Net(nn.Module):
    def setup(self):
        self.nets = [nn.Sequential([nn.Dense(3), nn.relu]) for _ in range(2)]

    def __call__(self, x):
        for net in self.nets:
            x = net(x)
        return x
""", """\
class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.nets = nnx.List()
        for _ in range(2):
            self.nets.append(
                nnx.Sequential(nnx.Linear(in_features, 3, rngs=rngs), nnx.relu)
            )
            in_features = 3

    def __call__(self, x):
        for net in self.nets:
            x = net(x)
        return x
""", (Call("Net", (5,), {}, (_X,)),))  # fmt: skip
CASES = [COMPACT, SETUP, METHODS, EMBED, LISTS]


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_transformed(case: Case) -> None:
    check_transformed(HEADER + case.before, AFTER + case.after)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_computes_the_same(case: Case) -> None:
    check_equivalent(HEADER + case.before, *case.calls)


def _net(*lines: str, extra: str = "") -> str:
    body = "".join(f"        {line}\n" for line in lines)
    return f"{HEADER}{PARTS}{extra}class Net(nn.Module):\n    @nn.compact\n    def __call__(self, x, train: bool = False):\n{body}"


_TWICE = "class Twice(nn.Module):\n    fn: nn.Module\n\n    @nn.compact\n    def __call__(self, x):\n        return nn.Dense(3)(self.fn(x))\n\n\n"
_KEEPS = "class Keeps(nn.Module):\n    fn: nn.Module\n\n    @nn.compact\n    def __call__(self, x):\n        fns = [self.fn]\n        return fns[0](x)\n\n\n"
_IDLE = "class Idle(nn.Module):\n    fn: nn.Module\n\n    @nn.compact\n    def __call__(self, x):\n        return nn.Dense(3)(x)\n\n\n"
REFUSED = {
    "a module of a local that two hold": (_net("fn = nn.Dense(5)", "return Residual(fn)(Residual(fn)(x))"), "MN105"),
    "a mode that only the constructor knows": (_net("return Residual(nn.BatchNorm(use_running_average=not train))(x)"), "MN101"),
    "a layer that NNX calls otherwise": (_net("return Residual(nn.MultiHeadDotProductAttention(num_heads=1))(x)"), "MN101"),
    "a transform around it": (_net("return Residual(nn.remat(FeedForward)(5, 4))(x)"), "MN102"),
    "a transform around its holder": (_net("return nn.remat(Residual)(FeedForward(5, 4))(x)"), "MN102"),
    "a holder that needs to know what it gives": (_net("return Twice(FeedForward(5, 4))(x)", extra=_TWICE), "MN108"),
    "a holder that hands it on": (_net("return Keeps(FeedForward(5, 4))(x)", extra=_KEEPS), "MN105"),
    "a holder that never calls it": (_net("return Idle(FeedForward(5, 4))(x)", extra=_IDLE), "MN101"),
    "one of two": (_net("return Residual(nn.Dense(5) if train else FeedForward(5, 4))(x)"), "MN105"),
    "in a list": (_net("return Residual([nn.Dense(5)])(x)"), "MN105"),
    "a script that makes a layer": (_net("return Residual(FeedForward(5, 4))(x)") + "\n\nmodel = Residual(nn.Dense(4))\n", "MN105"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    before, code = REFUSED[name]
    text, file, _ = migrate(before)
    assert "class Net(nn.Module)" in text or "class Residual(nn.Module)" in text, text
    assert code in {d.code for d in refusals(file)}, listed(file)
