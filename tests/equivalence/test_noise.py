"""What may pass as rounding noise, on observations made by hand."""

import numpy as np
import pytest
from migrate_norm.equivalence.compare import compare
from migrate_norm.equivalence.noise import forgive
from migrate_norm.equivalence.observe import Observation

BIG = np.array([100.0], np.float32)


def seen(section: str, small: float, dtype: type = np.float32) -> Observation:
    """Returns a large array and one that is zero on paper."""
    return Observation({(section, "big"): BIG.astype(dtype), (section, "small"): np.array([small], dtype)})


@pytest.mark.parametrize(
    ("section", "nnx", "jittered", "passes"),
    [
        ("gradient", 3e-6, 1e-6, True),
        ("gradient", 3e-6, 0.0, False),  # Linen itself does not move
        ("gradient", 3e-6, 3e-7, False),  # it moves, but not that far
        ("gradient", 0.1, 0.1, False),  # it moves, but that is more than noise
        ("gradient", np.nan, np.nan, False),
        ("output", 3e-6, 1e-6, False),
        ("state", 3e-6, 1e-6, False),
    ],
)
def test_noise_is_a_gradient_that_linen_shows_against_itself(
    section: str, nnx: float, jittered: float, passes: bool
) -> None:
    linen = seen(section, 0.0)
    found = compare(linen, seen(section, nnx), "here")
    assert len(found.differences) == 1
    after = forgive(found, linen, [linen, seen(section, jittered)])
    assert (not after.differences) is passes
    assert after.noise == ({"gradient small"} if passes else frozenset())


def test_half_precision_has_no_noise() -> None:
    linen = seen("gradient", 0.0, np.float16)
    found = compare(linen, seen("gradient", 0.5, np.float16), "here")
    assert forgive(found, linen, [seen("gradient", 0.5, np.float16)]).differences == found.differences
