# ruff: noqa: E501
"""Modules behind nn.vmap that share all variables and draw: from keys of each round's own, or from the same."""

import jax.numpy as jnp
import pytest
from flax import nnx

from .check import (
    NNX_HEADER,
    Call,
    Case,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    load,
    migrate,
    name_of,
    with_header,
)

_BLOCK = """\
class Block(nn.Module):
    rate: float

    @nn.compact
    def __call__(self, x, train):
        return nn.Dropout(self.rate)(nn.Dense(5)(x), deterministic=not train)


"""
_NNX_BLOCK = """\
class Block(nnx.Module):
    def __init__(self, in_features: int, rate: float, *, rngs: nnx.Rngs):
        self.dropout_0 = nnx.Dropout(rate, rngs=rngs)
        self.dense_0 = nnx.Linear(in_features, 5, rngs=rngs)

    def __call__(self, x, train):
        return self.dropout_0(self.dense_0(x), deterministic=not train)


"""
_SHARED = 'variable_axes={"params": None}'
_OWN = f'{_SHARED}, split_rngs={{"params": False, "dropout": True}}'
_SAME = f'{_SHARED}, split_rngs={{"params": False, "dropout": False}}'
_CALLS = tuple(Call("L", (6,), {"rate": 0.0}, (f32(4, 3, 6),), {"train": train}) for train in (True, False))

TRANSFORMED = (
    Case(
        "each-its-own",
        _BLOCK
        + f"""\
class L(nn.Module):
    rate: float

    @nn.compact
    def __call__(self, x, train):
        y = jnp.tanh(x)
        return nn.vmap(Block, {_OWN}, in_axes=(1, None), out_axes=1)(self.rate)(y, train)
""",
        _NNX_BLOCK
        + """\
class L(nnx.Module):
    def __init__(self, in_features: int, rate: float, *, rngs: nnx.Rngs):
        self.vmap_block_0 = Block(in_features, rate, rngs=rngs)

    def __call__(self, x, train):
        y = jnp.tanh(x)

        @nnx.split_rngs(splits=y.shape[1])
        @nnx.vmap(
            in_axes=(nnx.StateAxes({nnx.RngState: 0, ...: None}), 1, None),
            out_axes=1,
            graph=True,
            graph_updates=True,
        )
        def call(block, x, train):
            return block(x, train)

        return call(self.vmap_block_0, y, train)
""",
        _CALLS,
    ),
    Case(
        "the-same-in-all",
        _BLOCK
        + f"""\
class L(nn.Module):
    rate: float

    @nn.compact
    def __call__(self, x, train):
        return nn.vmap(Block, {_SAME}, in_axes=(0, None))(self.rate)(jnp.tanh(x), train)
""",
        _NNX_BLOCK
        + """\
class L(nnx.Module):
    def __init__(self, in_features: int, rate: float, *, rngs: nnx.Rngs):
        self.vmap_block_0 = Block(in_features, rate, rngs=rngs)

    def __call__(self, x, train):
        @nnx.vmap(in_axes=(None, 0, None), out_axes=0)
        def call(block, x, train):
            return block(x, train)

        return call(self.vmap_block_0, jnp.tanh(x), train)
""",
        _CALLS,
    ),
    Case(
        "samples-of-one-input",
        _BLOCK
        + f"""\
class Samples(nn.Module):
    rate: float
    count: int = 3

    @nn.compact
    def __call__(self, x, train):
        rounds = self.count
        return nn.vmap(Block, {_OWN}, in_axes=None, axis_size=rounds)(self.rate)(x, train)


class L(nn.Module):
    rate: float

    @nn.compact
    def __call__(self, x, train):
        return nn.vmap(Samples, {_OWN}, in_axes=(0, None))(self.rate)(x, train)
""",
        _NNX_BLOCK
        + """\
class Samples(nnx.Module):
    def __init__(
        self,
        in_features: int,
        rate: float,
        count: int = 3,
        *,
        rngs: nnx.Rngs,
    ):
        self.count = count
        self.vmap_block_0 = Block(in_features, rate, rngs=rngs)

    def __call__(self, x, train):
        rounds = self.count

        @nnx.split_rngs(splits=rounds)
        @nnx.vmap(
            in_axes=(nnx.StateAxes({nnx.RngState: 0, ...: None}), None, None),
            out_axes=0,
            graph=True,
            graph_updates=True,
        )
        def call(block, x, train):
            return block(x, train)

        return call(self.vmap_block_0, x, train)


class L(nnx.Module):
    def __init__(self, in_features: int, rate: float, *, rngs: nnx.Rngs):
        self.vmap_samples_0 = Samples(in_features, rate, rngs=rngs)

    def __call__(self, x, train):
        @nnx.split_rngs(splits=x.shape[0])
        @nnx.vmap(
            in_axes=(nnx.StateAxes({nnx.RngState: 0, ...: None}), 0, None),
            out_axes=0,
            graph=True,
            graph_updates=True,
        )
        def call(samples, x, train):
            return samples(x, train)

        return call(self.vmap_samples_0, x, train)
""",
        _CALLS,
    ),
    Case(
        "as-often-as-is-said",
        """\
class L(nn.Module):
    count: int = 2

    @nn.compact
    def __call__(self, x):
        count = self.count
        return nn.vmap(
            nn.Dense, variable_axes={"params": None}, split_rngs={"params": False}, in_axes=None, axis_size=count
        )(5)(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, count: int = 2, *, rngs: nnx.Rngs):
        self.count = count
        self.vmap_dense_0 = nnx.Linear(in_features, 5, rngs=rngs)

    def __call__(self, x):
        count = self.count

        @nnx.vmap(in_axes=(None, None), out_axes=0, axis_size=count)
        def call(dense, x):
            return dense(x)

        return call(self.vmap_dense_0, x)
""",
        (Call("L", (6,), {}, (f32(4, 6),)),),
    ),
)


def _refused(options: str, given: str = "x", block: str = _BLOCK) -> str:
    return f"""\
{block}class L(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        return nn.vmap(Block, {options}, in_axes=(0, None))(0.5)({given}, train)
"""


_NOISY = _BLOCK.replace(
    "        return", '        x = x + jax.random.normal(self.make_rng("noise"), x.shape)\n        return'
)

REFUSED = (
    Refusal("unsaid", "MN102", _refused(f'{_SHARED}, split_rngs={{"params": False}}')),
    Refusal("one-of-two-unsaid", "MN102", _refused(_OWN, block=_NOISY)),
    Refusal("one-of-two-split", "MN102", _refused(f"{_OWN[:-1]}, 'noise': False}}", block=_NOISY)),
    Refusal("an-argument-without-a-name", "MN102", _refused(_OWN, "jnp.tanh(x)")),
    Refusal("an-argument-that-is-a-pair", "MN102", _refused(_OWN, "x", _BLOCK.replace("nn.Dense(5)(x)", "nn.Dense(5)(x[0])")).replace("        return nn.vmap", "        x = (x, x)\n        return nn.vmap")),
    Refusal("a-layer", "MN102", "class L(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nn.vmap(nn.SelfAttention, " + _OWN + ")(2, dropout_rate=0.1, deterministic=False)(x)\n"),
)  # fmt: skip


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_transformed(case: Case) -> None:
    check_transformed(with_header(case.before), with_header(case.after, NNX_HEADER))


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_computes_the_same(case: Case, graph: bool) -> None:
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        check_equivalent(with_header(case.before), *(case.calls if graph else case.calls[:1]))


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(with_header(case.before), case.code)


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
def test_rounds_draw_as_they_did(graph: bool) -> None:
    """Behind a split every round drops other features, behind none all drop the same, and each call drops anew."""
    for case, axis, alike in (
        (TRANSFORMED[0], 1, False),
        (TRANSFORMED[1], 0, True),
        (TRANSFORMED[2], 1, False),
    ):
        twin = load(migrate(with_header(case.before))[0])
        with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
            model = twin.L(6, 0.5, rngs=nnx.Rngs(0))
            run = nnx.jit(lambda model: model(jnp.ones((2, 3, 6)), True))
            first, second = run(model), run(model)
        assert bool((first.take(0, axis) == first.take(1, axis)).all()) is alike, case.id
        assert bool((first != second).any()), case.id
