"""The name of a module in the text of an error is told as the name of its class."""

import jax.numpy as jnp
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
    name_of,
)

CHAIN = """\
class Chain(nn.Module):
    steps: tuple

    @nn.compact
    def __call__(self, x):
        if not self.steps:
            raise ValueError(f"{self.name} is empty, in {self.steps!r}")
        for step in self.steps:
            x = step(x)
        return x
"""
AFTER = """\
class Chain(nnx.Module):
    def __init__(self, steps: tuple, *, rngs: nnx.Rngs):
        self.steps = steps

    def __call__(self, x):
        if not self.steps:
            raise ValueError(f"{self.__class__.__name__} is empty, in {self.steps!r}")
        for step in self.steps:
            x = step(x)
        return x
"""


def test_transformed() -> None:
    check_transformed(HEADER + CHAIN, NNX_HEADER + AFTER)


def test_the_same_values() -> None:
    check_equivalent(HEADER + CHAIN, Call("Chain", (), {"steps": (jnp.tanh, jnp.exp)}, (f32(4, 3),)))


def test_the_error() -> None:
    model = load(NNX_HEADER + AFTER)
    with pytest.raises(ValueError, match="Chain is empty"):
        model.Chain((), rngs=model.nnx.Rngs(0))(jnp.ones(3))


REFUSED = (
    Refusal("no-error", "MN103", CHAIN.replace("raise ValueError(", "print(")),
    Refusal("computed-with", "MN103", CHAIN.replace("{self.name}", "{self.name[0]}")),
    Refusal("no-text", "MN103", CHAIN.replace('f"{self.name} is empty, in {self.steps!r}"', "self.name")),
    Refusal("of-a-parent", "MN103", CHAIN.replace("{self.name}", "{self.parent}")),
)


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    check_refused(HEADER + refusal.before, refusal.code)
