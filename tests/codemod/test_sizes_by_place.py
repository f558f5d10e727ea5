"""Classes of which one call makes the one or the other: their sizes have other names, and the same places."""

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
    name_of,
    with_header,
)

_X, _Y = f32(4, 3, 6), f32(4, 3, 5)
_ONE = """\
class One(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x, y):
        b, s, f = x.shape
        scale = self.param("scale", nn.initializers.ones, (f,))
        return nn.Dense(self.width)(x * scale) + nn.Dense(self.width)(y)


"""
_BOTH = """\
class Both(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x, other):
        return nn.Dense(self.width, name="left")(x) + One(self.width, name="right")(x, other)


"""
_L = """\
class L(nn.Module):
    width: int = 3
    both: bool = True

    def setup(self):
        kind = Both if self.both else One
        self.part = kind(self.width)

    def __call__(self, x, y):
        return self.part(x, y)
"""
TRANSFORMED = (
    Case(
        "other-names",
        _ONE + _BOTH + _L,
        """\
class One(nnx.Module):
    def __init__(self, f: int, y_features: int, width: int, *, rngs: nnx.Rngs):
        self.scale = nnx.Param(nnx.initializers.ones(rngs.params(), (f,)))
        self.dense_0 = nnx.Linear(f, width, rngs=rngs)
        self.dense_1 = nnx.Linear(y_features, width, rngs=rngs)

    def __call__(self, x, y):
        return self.dense_0(x * self.scale) + self.dense_1(y)


class Both(nnx.Module):
    def __init__(
        self,
        x_features: int,
        other_features: int,
        width: int,
        *,
        rngs: nnx.Rngs,
    ):
        self.left = nnx.Linear(x_features, width, rngs=rngs)
        self.right = One(x_features, other_features, width, rngs=rngs)

    def __call__(self, x, other):
        return self.left(x) + self.right(x, other)


class L(nnx.Module):
    def __init__(
        self,
        x_features: int,
        y_features: int,
        width: int = 3,
        both: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        kind = Both if both else One
        self.part = kind(x_features, y_features, width, rngs=rngs)

    def __call__(self, x, y):
        return self.part(x, y)
""",
        tuple(Call("L", (6, 5), {"both": both}, (_X, _Y)) for both in (True, False)),
    ),
)

_OTHER_WAY_ROUND = _BOTH.replace(
    'nn.Dense(self.width, name="left")(x) + One(self.width, name="right")(x, other)',
    'nn.Dense(self.width, name="left")(other) + nn.Dense(self.width, name="right")(x)',
)
_ONE_SIZE = _BOTH.replace(' + One(self.width, name="right")(x, other)', " + jnp.sum(other)")
REFUSED = (
    Refusal("one-size-and-two", "MN101", _ONE + _ONE_SIZE + _L),
    Refusal("the-other-way-round", "MN108", _ONE + _OTHER_WAY_ROUND + _L),
)


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_transformed(case: Case) -> None:
    check_transformed(with_header(case.before), with_header(case.after, NNX_HEADER))


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_computes_the_same(case: Case, graph: bool) -> None:
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        check_equivalent(with_header(case.before), *(case.calls if graph else case.calls[-1:]))


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(with_header(case.before), case.code)
