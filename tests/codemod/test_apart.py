# ruff: noqa: E501
"""Classes that replace all by which their base makes something: a constructor that does not call that of the base."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    load,
    migrate,
    migrate_project,
    name_of,
    run_in_tree_mode,
    texts,
)

_SETUP = """\
class Net(nn.Module):
    width: int = 6
    act: Callable = nn.relu
    scale: float = 2.0
    unused: int = 0

    def setup(self):
        self.body = nn.Dense(self.width)
        self.head = nn.Dense(3)

    def scaled(self, x):
        return x * self.scale

    def __call__(self, x):
        return self.scaled(self.head(self.act(self.body(x))))


class Deep(Net):
    scale: float = 3.0
    inner: int = 4

    def setup(self):
        # one more
        self.body = nn.Sequential([nn.Dense(self.inner), nn.relu, nn.Dense(self.width)])
        self.head = nn.Dense(3, use_bias=False)
"""
_NNX_SETUP = """\
class Net(nnx.Module):
    def __init__(
        self,
        in_features: int,
        width: int = 6,
        act: Callable = nnx.relu,
        scale: float = 2.0,
        unused: int = 0,
        *,
        rngs: nnx.Rngs,
    ):
        self.act = act
        self.scale = scale
        self.body = nnx.Linear(in_features, width, rngs=rngs)
        self.head = nnx.Linear(width, 3, rngs=rngs)

    def scaled(self, x):
        return x * self.scale

    def __call__(self, x):
        return self.scaled(self.head(self.act(self.body(x))))


class Deep(Net):
    def __init__(
        self,
        in_features: int,
        width: int = 6,
        act: Callable = nnx.relu,
        scale: float = 3.0,
        unused: int = 0,
        inner: int = 4,
        *,
        rngs: nnx.Rngs,
    ):
        self.act = act
        self.scale = scale
        # one more
        self.body = nnx.Sequential(
            nnx.Linear(in_features, inner, rngs=rngs),
            nnx.relu,
            nnx.Linear(inner, width, rngs=rngs),
        )
        self.head = nnx.Linear(width, 3, use_bias=False, rngs=rngs)
"""
_COMPACT = """\
class Scale(nn.Module):
    dense: type = nn.Dense
    bias: bool = True

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.ones, (x.shape[-1],))
        return self.dense(3, use_bias=self.bias)(x * w)


class Shift(Scale):
    @nn.compact
    def __call__(self, x):
        b = self.param("b", nn.initializers.ones, (x.shape[-1],))
        return x + b + self.dense(x.shape[-1])(x)


class Shifted(Shift):
    bias: bool = False

    def __call__(self, x):
        return 2 * super().__call__(x)


class Parent(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Shifted()(Scale()(x)) + Shift(nn.Dense)(Scale()(x))
"""
_NNX_COMPACT = """\
class Scale(nnx.Module):
    def __init__(
        self,
        in_features: int,
        dense: type = nnx.Linear,
        bias: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))
        self.dense_0 = dense(in_features, 3, use_bias=bias, rngs=rngs)

    def __call__(self, x):
        return self.dense_0(x * self.w)


class Shift(Scale):
    def __init__(
        self,
        in_features: int,
        dense: type = nnx.Linear,
        bias: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        self.b = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))
        self.dense_0 = dense(in_features, in_features, rngs=rngs)

    def __call__(self, x):
        return x + self.b + self.dense_0(x)
"""
_TYPING = "from typing import Callable\n"


def test_transformed() -> None:
    check_transformed(_TYPING + HEADER + _SETUP, _TYPING + NNX_HEADER + _NNX_SETUP)
    text, _, _ = migrate(HEADER + _COMPACT)
    assert text.startswith(NNX_HEADER + _NNX_COMPACT), text


CASES = [
    (_TYPING + HEADER + _SETUP, Call("Net", (5,), {}, (f32(2, 5),))),
    (_TYPING + HEADER + _SETUP, Call("Deep", (5,), {"width": 2}, (f32(2, 5),))),
    (HEADER + _COMPACT, Call("Scale", (5,), {}, (f32(2, 5),))),
    (HEADER + _COMPACT, Call("Shift", (5,), {}, (f32(2, 5),))),
    (HEADER + _COMPACT, Call("Shifted", (5,), {}, (f32(2, 5),))),
    (HEADER + _COMPACT, Call("Parent", (5,), {}, (f32(2, 5),))),
]


@pytest.mark.parametrize(("before", "call"), CASES, ids=[f"{i}" for i in range(len(CASES))])
def test_both_compute_the_same(before: str, call: Call) -> None:
    check_equivalent(before, call)
    run_in_tree_mode(load(migrate(before)[0]), call)


def test_defaults_of_the_base_are_spelled_for_another_file() -> None:
    base, own = (HEADER + _COMPACT).split("class Shift(Scale):", 1)
    own = HEADER + "from base import Scale\n\n\nclass Shift(Scale):" + own.split("class Shifted")[0]
    found = texts(migrate_project({"base.py": base, "own.py": own}))
    assert "dense: type = nnx.Linear," in found["own.py"]
    assert "super().__init__" not in found["own.py"]


_HEAD = "self.head = nn.Dense(3, use_bias=False)"
REFUSED = (
    Refusal("it-calls-the-one-that-it-replaces-on-a-condition", "MN104", _COMPACT.replace("        return x + b", "        if self.bias:\n            return super().__call__(x)\n        return x + b")),
    Refusal("it-calls-it-by-the-name-of-the-base", "MN104", _COMPACT.replace("return x + b", "return Scale.__call__(self, x) + b")),
    Refusal("it-calls-it-by-another-name-of-the-base", "MN104", _COMPACT.replace("class Shift(", "Alias = Scale\n\n\nclass Shift(").replace("return x + b", "return Alias.__call__(self, x) + b")),
    Refusal("it-replaces-one-of-two-that-make-something", "MN104", """\
class Two(nn.Module):
    def setup(self):
        self.w = self.param("w", nn.initializers.ones, (3,))

    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(x) * self.w


class Other(Two):
    def setup(self):
        self.w = self.param("w", nn.initializers.zeros, (3,))
"""),
    Refusal("the-base-would-have-to-call-it-otherwise", "MN104", _SETUP.replace(_HEAD, "self.head = nn.Dropout(0.5)").replace("(self.body(x))))", "(self.body(x)), rng=self.make_rng('dropout')))").replace("self.head = nn.Dense(3)", "self.head = Draws()") + """

class Draws(nn.Module):
    @nn.compact
    def __call__(self, x, rng):
        return nn.Dense(3)(x) + jax.random.normal(rng, (3,))
"""),
    Refusal("its-setup-computes-what-the-base-has-otherwise", "MN104", _SETUP.replace("        self.head = nn.Dense(3)\n", "        self.head = nn.Dense(3)\n        self.gain = jnp.ones(3)\n").replace("x * self.scale", "x * self.scale * self.gain") + "        self.gain = jnp.exp(self.param('g', nn.initializers.zeros, (3,)))\n"),
    Refusal("the-base-computes-it-of-a-parameter", "MN104", _SETUP.replace("        self.head = nn.Dense(3)\n", "        self.head = nn.Dense(3)\n        self.gain = jnp.exp(self.param('g', nn.initializers.zeros, (3,)))\n").replace("x * self.scale", "x * self.scale * self.gain") + "        self.gain = jnp.ones(3)\n"),
    Refusal("what-the-base-calls-is-another-thing", "MN104", _SETUP.replace(_HEAD, "self.head = [nn.Dense(3)]")),
)  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(_TYPING + HEADER + case.before, case.code)
