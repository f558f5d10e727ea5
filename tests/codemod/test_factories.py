"""Submodules made by partials, by other names of a class, and by classes that are held in fields."""

from typing import cast

import pytest
from flax import linen as nn
from flax import nnx
from migrate_norm.equivalence import check_equivalence

from .check import (
    HEADER,
    NNX_HEADER,
    Case,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    load,
    migrate,
    name_of,
    refusals,
)
from .factories_refused import REFUSED
from .factories_transformed import IMPORTS, TRANSFORMED


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_transformed(case: Case) -> None:
    check_transformed(IMPORTS + HEADER + case.before, IMPORTS + NNX_HEADER + case.after)


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_computes_the_same(case: Case) -> None:
    check_equivalent(IMPORTS + HEADER + case.before, *case.calls)


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(IMPORTS + HEADER + case.before, case.code)


_HELD = (
    HEADER
    + """class E(nn.Module):
    f: int

    def setup(self):
        self.d = nn.Dense(self.f)

    def __call__(self, x):
        return self.d(x)

    def double(self, x):
        return self.d(2 * x)


class L(nn.Module):
    model: nn.Module
    norm: nn.Module | None = None

    @nn.compact
    def __call__(self, x, train):
        x = nn.Dense(6)(x)
        if self.norm is not None:
            x = self.norm(x, use_running_average=not train)
        return self.model(x) + self.model.double(x)
"""
)


@pytest.mark.parametrize("train", [True, False])
def test_a_module_in_a_field_is_an_argument_of_the_constructor(train: bool) -> None:
    text, file, _ = migrate(_HELD)
    assert not refusals(file)
    assert "self.model = model" in text
    linen, twin = load(_HELD), load(text)

    def build() -> nnx.Module:
        norm, model = nnx.BatchNorm(6, rngs=nnx.Rngs(0)), twin.E(6, 3, rngs=nnx.Rngs(1))
        return cast(nnx.Module, twin.L(4, model, norm, rngs=nnx.Rngs(2)))

    report = check_equivalence(linen.L(linen.E(3), nn.BatchNorm()), build, f32(2, 4), train)
    assert report.equal, report
