"""Modules that setup makes in any case, and that calls reach behind one or more questions that fields answer."""

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

_X = f32(4, 6)
_SETUP = """\
class L(nn.Module):
    pure: bool = False
    alone: bool = False
    kind: str = "a"

    def setup(self):
        self.one = nn.Dense(6)
        self.norm1 = nn.LayerNorm()
        # Behind the others.
        self.norm2 = nn.LayerNorm()
        self.two = nn.Dense(6)

    def __call__(self, x, train=False):
"""
_CALLS = tuple(
    Call("L", (6,), {"pure": pure, "alone": alone}, (_X,))
    for pure in (False, True)
    for alone in (False, True)
)

TRANSFORMED = (
    Case(
        "behind-a-return",
        _SETUP
        + """\
        if self.pure:
            return self.two(x)
        if not self.alone:
            x = x + self.one(self.norm1(x))
        return x + self.two(self.norm2(x))
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        pure: bool = False,
        alone: bool = False,
        kind: str = "a",
        *,
        rngs: nnx.Rngs,
    ):
        self.pure = pure
        self.alone = alone
        if not pure and not alone:
            self.one = nnx.Linear(in_features, 6, rngs=rngs)
            self.norm1 = nnx.LayerNorm(in_features, rngs=rngs)
        # Behind the others.
        if not pure:
            self.norm2 = nnx.LayerNorm(6 if not alone else in_features, rngs=rngs)
        self.two = nnx.Linear(
            in_features if pure else 6 if not alone else in_features, 6, rngs=rngs
        )

    def __call__(self, x, train=False):
        if self.pure:
            return self.two(x)
        if not self.alone:
            x = x + self.one(self.norm1(x))
        return x + self.two(self.norm2(x))
""",
        _CALLS,
    ),
    Case(
        "nested",
        _SETUP
        + """\
        if self.kind == "a":
            if not self.pure:
                x = self.one(self.norm1(x)) if self.alone else self.norm1(self.one(x))
                x = self.norm2(x)
        return self.two(x)
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        pure: bool = False,
        alone: bool = False,
        kind: str = "a",
        *,
        rngs: nnx.Rngs,
    ):
        self.pure = pure
        self.alone = alone
        self.kind = kind
        if kind == "a" and not pure:
            self.one = nnx.Linear(in_features, 6, rngs=rngs)
            self.norm1 = nnx.LayerNorm(in_features if alone else 6, rngs=rngs)
            # Behind the others.
            self.norm2 = nnx.LayerNorm(6, rngs=rngs)
        self.two = nnx.Linear(
            (6 if not pure else in_features) if kind == "a" else in_features,
            6,
            rngs=rngs,
        )

    def __call__(self, x, train=False):
        if self.kind == "a":
            if not self.pure:
                x = self.one(self.norm1(x)) if self.alone else self.norm1(self.one(x))
                x = self.norm2(x)
        return self.two(x)
""",
        (*_CALLS, Call("L", (6,), {"kind": "b"}, (_X,))),
    ),
)

_ALL = "self.norm1(self.norm2(self.one(self.two(x))))"
REFUSED = (
    Refusal(
        "an-argument-asks-too",
        "MN201",
        _SETUP
        + f"        if not self.pure:\n            if train:\n                x = {_ALL}\n        return x\n",
    ),
    Refusal(
        "other-questions-behind-the-first",
        "MN201",
        _SETUP
        + f"        if self.pure:\n            if self.alone:\n                x = {_ALL}\n"
        + f"            if self.kind == 'a':\n                x = {_ALL}\n        return x\n",
    ),
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
