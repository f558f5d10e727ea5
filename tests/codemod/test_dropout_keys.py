"""A Dropout that is called with a key of its own, which is `rng` in Linen and `rngs` in NNX."""

import jax
import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    load,
    migrate,
    run_in_tree_mode,
)

_NET = """\
class Net(nn.Module):
    rate: float = 0.5

    @nn.compact
    def __call__(self, x, key, train: bool = True):
        x = nn.Dense(4)(x)
        x = nn.Dropout(self.rate)(x, deterministic=not train, rng=key)
        return nn.Dropout(rate=self.rate)(x, not train, rng=key)
"""
_NNX = """\
class Net(nnx.Module):
    def __init__(self, in_features: int, rate: float = 0.5, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, 4, rngs=rngs)
        self.dropout_0 = nnx.Dropout(rate, rngs=rngs)
        self.dropout_1 = nnx.Dropout(rate=rate, rngs=rngs)

    def __call__(self, x, key, train: bool = True):
        x = self.dense_0(x)
        x = self.dropout_0(x, deterministic=not train, rngs=key)
        return self.dropout_1(x, deterministic=not train, rngs=key)
"""
_GIVEN = """\
class Block(nn.Module):
    drop: nn.Module

    @nn.compact
    def __call__(self, x, key):
        return self.drop(nn.Dense(4)(x), deterministic=False, rng=key)


class Net(nn.Module):
    @nn.compact
    def __call__(self, x, key):
        return Block(nn.Dropout(0.5))(x, key)
"""


def test_the_key_has_another_name() -> None:
    check_transformed(HEADER + _NET, NNX_HEADER + _NNX)


def test_both_drop_the_same() -> None:
    key = jax.random.key(3)
    calls = [Call("Net", (3,), {}, (f32(5, 3), key)), Call("Net", (3,), {}, (f32(5, 3), key, False))]
    check_equivalent(HEADER + _NET, *calls)
    run_in_tree_mode(load(migrate(HEADER + _NET)[0]), calls[0])


@pytest.mark.parametrize(
    "before",
    [
        HEADER + _NET.replace("(x, not train, rng=key)", "(x, not train, key)"),
        HEADER + _NET.replace("(x, not train, rng=key)", "(x, not train, **{'rng': key})"),
    ],
)
def test_one_that_is_not_named_is_refused(before: str) -> None:
    check_refused(before, "MN101")


def test_one_of_a_module_that_another_holds_is_refused() -> None:
    text, file, _ = migrate(HEADER + _GIVEN)
    assert "rng=key" in text
    assert "class Block(nn.Module)" in text
    assert file.diagnostics
