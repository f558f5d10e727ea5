"""Submodules made by partials, by other names of a class, and by classes that are held in fields."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Case,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    name_of,
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
