# ruff: noqa: E501
"""A list in a field is a tuple in Linen, and equals one: what compares it is given a tuple in NNX too."""

import jax.numpy as jnp
import pytest
from flax import nnx

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
    name_of,
)

SOURCE = """\
from typing import Sequence


class Coder(nn.Module):
    widths: Sequence[int]
    shape: Sequence[int]

    @nn.compact
    def __call__(self, x):
        if x.shape[1:] != self.shape:
            raise ValueError(self.shape)
        x = x.reshape(x.shape[0], -1)
        for width in self.widths:
            x = nn.Dense(width)(x)
        return x
"""
NNX = """\
from typing import Sequence


class Coder(nnx.Module):
    def __init__(
        self,
        in_features: int,
        widths: Sequence[int],
        shape: Sequence[int],
        *,
        rngs: nnx.Rngs,
    ):
        self.shape = tuple(shape)
        self.dense = nnx.List()
        for width in widths:
            self.dense.append(nnx.Linear(in_features, width, rngs=rngs))
            in_features = width

    def __call__(self, x):
        if x.shape[1:] != self.shape:
            raise ValueError(self.shape)
        x = x.reshape(x.shape[0], -1)
        for dense in self.dense:
            x = dense(x)
        return x
"""


def test_transformed() -> None:
    check_transformed(HEADER + SOURCE, NNX_HEADER + NNX)


@pytest.mark.parametrize("shape", [[2, 3], (2, 3)])
def test_computes_the_same(shape: list[int] | tuple[int, ...]) -> None:
    check_equivalent(
        HEADER + SOURCE, Call("Coder", (6,), {"widths": [4, 2], "shape": shape}, (f32(2, 2, 3),))
    )


CHOICE = """\
from typing import List


class Choice(nn.Module):
    dims: List[int] = (1, 2)

    def setup(self):
        if self.dims == (1, 2):
            self.head = nn.Dense(3)
        else:
            self.head = nn.Dense(4)

    def __call__(self, x):
        return self.head(x)
"""


@pytest.mark.parametrize("dims", [[1, 2], (1, 2), [2, 1]])
def test_the_constructor_compares_the_tuple_too(dims: list[int] | tuple[int, ...]) -> None:
    text, _, _ = migrate(HEADER + CHOICE)
    assert "        self.dims = tuple(dims)\n        if self.dims == (1, 2):\n" in text
    check_equivalent(HEADER + CHOICE, Call("Choice", (6,), {"dims": dims}, (f32(2, 6),)))


def test_another_shape_is_another_one() -> None:
    twin = load(migrate(HEADER + SOURCE)[0])
    model = twin.Coder(6, [4], [3, 2], rngs=nnx.Rngs(0))
    with pytest.raises(ValueError, match=r"\(3, 2\)"):
        model(jnp.ones((2, 2, 3)))


REFUSED = (
    Refusal("lists-in-lists", "MN105", HEADER + SOURCE.replace("shape: Sequence[int]", "shape: Sequence[Sequence[int]]")),
    Refusal("of-anything", "MN105", HEADER + SOURCE.replace("shape: Sequence[int]", "shape: Sequence")),
    Refusal("in-setup", "MN105", HEADER + CHOICE.replace("List[int]", "List")),
    Refusal("with-a-default", "MN105", HEADER + SOURCE.replace("shape: Sequence[int]", "shape: Sequence[int] = None")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    check_refused(refusal.before, refusal.code)
