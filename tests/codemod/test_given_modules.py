# ruff: noqa: E501
"""Modules of the project that setup makes and hands to a field, where they are called."""

import pytest

from .check import (
    Call,
    Refusal,
    changed,
    check_equivalent,
    f32,
    listed,
    migrate,
    name_of,
    refusals,
    with_header,
)

SHARED = """\
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from flax import linen as nn


class Bias(nn.Module):
    length: int

    def setup(self):
        self.table = self.param("table", nn.initializers.normal(1.0), (self.length, 1))

    def __call__(self):
        return self.table * 2


class Layer(nn.Module):
    width: int

    def setup(self):
        self.dense = nn.Dense(self.width)

    def __call__(self, x, bias=None):
        x = self.dense(x)
        return x if bias is None else x + bias


class Layers(nn.Module):
    width: int
    bias: Callable[[], Any]
    depth: int = 2

    def setup(self):
        self.layers = [Layer(self.width) for _ in range(self.depth)]

    def __call__(self, x):
        for layer in self.layers:
            bias = self.bias() if self.bias is not None else None
            x = layer(x, bias)
        return x


class Model(nn.Module):
    width: int = 4
    length: int = 5
    shares: bool = True

    def setup(self):
        if self.shares:
            self.bias = Bias(self.length)
        self.first = Layers(self.width, bias=self.bias if self.shares else None)
        self.other = Layers(self.width, self.bias if self.shares else None, depth=1)

    def __call__(self, x):
        return self.other(nn.relu(self.first(x)))
"""
_X = f32(2, 5, 6)


def _shared(*changes: tuple[str, str]) -> str:
    return with_header(changed(SHARED, *changes))


_CALLS = [Call("Model", (6,), {"shares": shares}, (_X,)) for shares in (True, False)]
_ALWAYS = (
    ("        if self.shares:\n            self.bias", "        self.bias"),
    ("self.bias if self.shares else None", "self.bias"),
)
_ONCE = (
    (
        "        for layer in self.layers:\n            bias",
        "        for layer in self.layers:\n            y = 1\n            bias",
    ),
)


_ANNOTATED = (("bias: Callable[[], Any]", "bias: Bias | None"),)


@pytest.mark.parametrize(
    "changes", [(), _ALWAYS, _ONCE, _ANNOTATED], ids=["shared", "in-any-case", "beside", "annotated"]
)
def test_computes_the_same(changes: tuple[tuple[str, str], ...]) -> None:
    check_equivalent(_shared(*changes), *(_CALLS[:1] if changes is _ALWAYS else _CALLS))


def test_what_is_written() -> None:
    text, file, mapping = migrate(_shared())
    assert "            in_features, width, bias=self.bias if shares else None, rngs=rngs\n" in text
    assert "            self.bias = Bias(length, rngs=rngs)" in text
    assert "nnx.state has it once, at bias" in listed(file)
    assert mapping.find("Model") is not None


_GIVEN = "bias=self.bias if self.shares else None"
REFUSED = (
    Refusal("on-another-condition", "MN101", _shared((_GIVEN, "bias=self.bias if self.width > 3 else None"))),
    Refusal("or-another", "MN101", _shared((_GIVEN, "bias=self.bias if self.shares else Bias(3)"))),
    Refusal("assigned-twice", "MN101", _shared(("self.bias = Bias(self.length)", "self.bias = Bias(3)\n            self.bias = Bias(self.length)"))),
    Refusal("handed-on-by-the-holder", "MN101", _shared(("x = layer(x, bias)", "x = layer(x, self.bias)"))),
    Refusal("looked-into", "MN101", _shared(("x = layer(x, bias)", "x = layer(x, bias) + self.bias.length"))),
    Refusal("with-a-size-of-its-input", "MN101", _shared(
        ("    def __call__(self):\n        return self.table * 2", "        self.dense = nn.Dense(1)\n\n    def __call__(self, x):\n        return self.dense(x)"),
        ("self.bias() if", "self.bias(x) if"),
    )),
    Refusal("with-random-numbers", "MN101", _shared(("return self.table * 2", "return self.table * jax.random.normal(self.make_rng('noise'))"), ("import jax.numpy", "import jax\nimport jax.numpy"))),
    Refusal("never-called", "MN101", _shared(("bias = self.bias() if self.bias is not None else None", "bias = None"))),
    Refusal("called-on-a-condition", "MN101", _shared(("self.bias() if self.bias is not None", "self.bias() if self.width > 3"))),
    Refusal("under-remat", "MN101", _shared(("Layers(self.width, bias=", "nn.remat(Layers)(self.width, bias="), ("self.other = Layers(self.width, self.bias if self.shares else None", "self.other = Layers(self.width, None"))),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file)}, f"{listed(file)}\n{text}"
    assert "class Model(nn.Module)" in text
