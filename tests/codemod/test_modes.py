"""Migrated classes run in tree mode as in graph mode, without a warning."""

import pytest

from . import (
    test_conditions,
    test_fields,
    test_initializers,
    test_names,
    test_params,
    test_setup,
    test_sizes,
    test_sizes_followed,
    test_variables,
)
from .check import NNX_HEADER, Case, load, run_in_tree_mode, with_header

TABLES = (
    test_conditions, test_fields, test_initializers, test_names, test_params, test_setup, test_sizes,
    test_sizes_followed, test_variables,
)  # fmt: skip
CASES = [
    pytest.param(case, id=f"{t.__name__.rpartition('.')[2]}-{case.id}")
    for t in TABLES
    for case in t.TRANSFORMED
]


@pytest.mark.parametrize("case", CASES)
def test_tree_mode(case: Case) -> None:
    twin = load(with_header(case.after, NNX_HEADER))
    for call in case.calls:
        run_in_tree_mode(twin, call)
