"""Distances against NumPy's own idea of the last place."""

import ml_dtypes
import numpy as np
import pytest
from migrate_norm.equivalence.measure import distance

ONE = np.ones(3, np.float32)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, ml_dtypes.bfloat16])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 100.0])
def test_one_step_in_the_last_place_is_one_ulp(dtype: type, scale: float) -> None:
    values = np.array([0.25 * scale, scale], dtype)
    moved = np.array([values[0], np.nextafter(values[1], np.asarray(np.inf, dtype))], dtype)
    found = distance(values, moved)
    assert (found.ulp, found.at, found.bit_equal) == (1.0, (1,), False)
    assert found.absolute == float(np.spacing(values[1]))
    assert found.relative == found.absolute / float(values[1])


def test_zeros_have_no_last_place() -> None:
    found = distance(np.zeros(3, np.float32), np.full(3, 9e-6, np.float32))
    assert found.ulp == found.relative == np.inf


def test_a_nan_on_one_side_is_infinitely_far() -> None:
    broken = np.array([1, np.nan, 1], np.float32)
    assert distance(ONE, broken).ulp == distance(broken, ONE).ulp == np.inf
    assert distance(broken, broken.copy()).bit_equal
    assert distance(np.array([1, np.nan, np.inf]), np.array([1, np.nan, -np.inf])).ulp == np.inf


def test_the_sign_of_zero_shows_in_the_bits_only() -> None:
    found = distance(np.zeros(2, np.float32), -np.zeros(2, np.float32))
    assert (found.ulp, found.bit_equal) == (0.0, False)
    assert found.beyond(-1)
    assert not found.beyond(0)


def test_integers_count_in_ones_even_where_float64_is_too_coarse() -> None:
    big = np.array([2**62], np.int64)
    assert distance(big, big + 1).beyond(0)
    assert distance(np.array([3]), np.array([7])).ulp == 4.0
    assert distance(np.array([True]), np.array([False])).ulp == 1.0
