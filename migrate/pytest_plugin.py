"""The pytest plugin: a fixture `equivalent` for tests of one line, and `--migrate-norm-samples N`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .equivalence import Report


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--migrate-norm-samples`."""
    parser.getgroup("migrate-norm").addoption(
        "--migrate-norm-samples",
        metavar="N",
        type=int,
        default=2,
        help="random samples per comparison of a Linen module with its NNX twin, where there is no proof "
        "(default 2; 0: only a proof will do)",
    )


@pytest.fixture
def equivalent(request: pytest.FixtureRequest) -> Callable[..., "Report"]:
    """Compares a Linen module with its NNX twin, with the arguments of `check_equivalence`; returns the report.

    The test fails with the report, which shows where the two part, unless they are PROVED or EQUAL.
    """

    def compare(linen: Any, nnx: Any, *inputs: Any, **options: Any) -> "Report":
        __tracebackhide__ = True
        from .equivalence import (  # and with it JAX, so not when pytest starts
            EquivalenceError,
            check_equivalence,
        )

        options.setdefault("samples", request.config.getoption("--migrate-norm-samples"))
        try:
            report = check_equivalence(linen, nnx, *inputs, **options)
        except EquivalenceError as error:
            pytest.fail(f"cannot be compared: {error}", pytrace=False)
        if not report.equal:
            pytest.fail(str(report), pytrace=False)
        return report

    return compare
