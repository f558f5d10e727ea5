# ruff: noqa: E501
"""Modules without variables, such as rotary angles, that go from field to field until somebody calls them."""

import pytest

from .check import (
    Call,
    Refusal,
    changed,
    check_equivalent,
    check_refused,
    f32,
    listed,
    migrate,
    name_of,
    with_header,
)

ROPE = """\
import flax.linen as nn
import jax
import jax.numpy as jnp


class Rope(nn.Module):
    dim: int

    def setup(self):
        self.angles = jnp.arange(self.dim) / self.dim

    def __call__(self, length):
        return jnp.outer(jnp.arange(length), self.angles)


class Attention(nn.Module):
    dim: int
    rope: Rope | None = None

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(self.dim)(x)
        if self.rope is not None:
            x = x + self.rope(x.shape[1])
        return x


class Block(nn.Module):
    dim: int
    rope: Rope

    def setup(self):
        self.attention = Attention(self.dim, rope=self.rope)

    def __call__(self, x):
        return nn.relu(self.attention(x))


class Net(nn.Module):
    dim: int = 4
    depth: int = 2

    def setup(self):
        self.rope = Rope(self.dim)
        self.first = Attention(self.dim, self.rope)
        self.blocks = [Block(self.dim, rope=self.rope) for _ in range(self.depth)]

    def __call__(self, x):
        x = self.first(x)
        for block in self.blocks:
            x = block(x)
        return x
"""
_X = f32(2, 5, 6)
_COMPACT = (
    (
        "    def setup(self):\n        self.attention = Attention(self.dim, rope=self.rope)\n\n    def __call__",
        "    @nn.compact\n    def __call__",
    ),
    ("self.attention(x)", "Attention(self.dim, rope=self.rope)(x)"),
)
_CALLED = (("x = self.first(x)\n", "x = self.first(x) + self.rope(5)\n"),)
_ANY = (("rope: Rope\n", "rope: nn.Module\n"),)
_UNTOLD = (("rope: Rope\n", "rope: Any\n"), ("import flax", "from typing import Any\n\nimport flax"))
_INHERITED = (
    ("class Block(nn.Module):", "class Base(nn.Module):"),
    ("class Net", "class Block(Base):\n    pass\n\n\nclass Net"),
)


def _rope(*changes: tuple[str, str]) -> str:
    return with_header(changed(ROPE, *changes), "")


@pytest.mark.parametrize(
    "changes",
    [(), _COMPACT, _CALLED, _ANY, _UNTOLD, _INHERITED],
    ids=["setup", "compact", "called", "any", "untold", "inherited"],
)
def test_computes_the_same(changes: tuple[tuple[str, str], ...]) -> None:
    calls = [Call("Net", (6,), {}, (_X,)), Call("Net", (6,), {"dim": 6, "depth": 1}, (_X,))]
    check_equivalent(_rope(*changes), *calls, Call("Attention", (6,), {"dim": 3}, (_X,)))


def test_what_is_written() -> None:
    text, file, _ = migrate(_rope())
    assert "        self.attention = Attention(in_features, dim, rope=rope, rngs=rngs)\n" in text
    assert "        self.first = Attention(in_features, dim, self.rope, rngs=rngs)\n" in text
    assert "shares" not in listed(file)


_TABLE = (
    (
        "self.angles = jnp.arange(self.dim) / self.dim",
        'self.angles = self.param("angles", nn.initializers.ones, (self.dim,))',
    ),
)
_HOLDER = "self.attention = Attention(self.dim, rope=self.rope)"
_LISTED = "Block(self.dim, rope=self.rope) for"
REFUSED = (
    Refusal("with-a-parameter", "MN105", _rope(*_TABLE)),
    Refusal("with-a-parameter-in-a-list", "MN105", _rope(*_TABLE, (_HOLDER, "self.attention = nn.Dense(self.dim)"))),
    Refusal("with-a-parameter-below", "MN105", _rope(
        ("class Attention", "class Fine(Rope):\n    def setup(self):\n        self.angles = self.param('a', nn.initializers.ones, (self.dim,))\n\n\nclass Attention"),
        ("self.rope = Rope(self.dim)", "self.rope = Fine(self.dim)"),
    )),
    Refusal("that-draws", "MN105", _rope(("jnp.arange(length), self.angles)", "jax.random.normal(self.make_rng('noise'), (length,)), self.angles)"))),
    Refusal("that-sows", "MN105", _rope(("        return jnp.outer", "        self.sow('seen', 'length', length)\n        return jnp.outer"))),
    Refusal("with-a-submodule", "MN105", _rope(("        return jnp.outer(jnp.arange(length), self.angles)", "        return self.dense(jnp.outer(jnp.arange(length), self.angles))"), ("        self.angles = ", "        self.dense = nn.Dense(self.dim)\n        self.angles = "))),
    Refusal("looked-into", "MN105", _rope(("x = x + self.rope(x.shape[1])", "x = x + self.rope.dim"))),
    Refusal("handed-to-a-function", "MN105", _rope((_HOLDER, "self.attention = Attention(self.dim, rope=jax.jit(self.rope))"))),
    Refusal("kept-by-the-holder", "MN105", _rope((_HOLDER, "self.kept = self.rope\n        " + _HOLDER))),
    Refusal("under-remat", "MN105", _rope((_LISTED, "nn.remat(Block)(self.dim, rope=self.rope) for"))),
    Refusal("under-remat-below", "MN105", _rope((_HOLDER, "self.attention = nn.remat(Attention)(self.dim, rope=self.rope)"))),
    Refusal("made-for-one", "MN101", _rope((_LISTED, "Block(self.dim, rope=Rope(self.dim)) for"))),
    Refusal("made-on-a-condition", "MN105", _rope(("self.rope = Rope(self.dim)", "if self.dim > 3:\n            self.rope = Rope(self.dim)"))),
    Refusal("made-twice", "MN105", _rope(("self.rope = Rope(self.dim)", "self.rope = Rope(self.dim)\n        self.rope = Rope(self.dim)"))),
    Refusal("given-by-a-script", "MN105", _rope() + "\n\nblock = Block(3, rope=Rope(3))\n"),
    Refusal("in-fields-of-any-module", "MN105", _rope(("rope: Rope\n", "rope: nn.Module\n"), ("rope: Rope |", "rope: nn.Module |"))),
)  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_stays_linen(case: Refusal) -> None:
    check_refused(case.before, case.code)
