"""Leaves of every kind, and random trees of them."""

from typing import Any

import ml_dtypes
import numpy as np
from hypothesis import strategies as st

ML_DTYPES = (
    *("bfloat16", "float8_e4m3fn", "float8_e5m2", "float8_e4m3b11fnuz", "float8_e3m4", "float8_e8m0fnu"),
    *("int4", "uint4"),
)
DTYPES = [
    *map(np.dtype, ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")),
    *map(np.dtype, ("float16", "float32", "float64", "complex64", "complex128")),
    *(np.dtype(getattr(ml_dtypes, name)) for name in ML_DTYPES),
]

SHAPES = ((), (3,), (2, 3), (0,), (2, 0, 3), (1, 1, 1, 1))


def random_array(dtype: np.dtype[Any], shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Returns random bits, and so NaNs with payloads, infinities and subnormal numbers where there are any."""
    rng = np.random.default_rng(seed)
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(bool)
    if dtype.name in ("int4", "uint4"):
        return rng.integers(0, 8, shape).astype(dtype)
    count = int(np.prod(shape, dtype=np.int64))
    return (
        rng.bytes(count * dtype.itemsize)
        and np.frombuffer(rng.bytes(count * dtype.itemsize), dtype).reshape(shape)
        if count
        else np.zeros(shape, dtype)
    )


def every_leaf() -> dict[str, Any]:
    """Returns a flat dict with each dtype in each shape."""
    return {
        f"{dtype.name}{number}": random_array(dtype, shape, number)
        for dtype in DTYPES
        for number, shape in enumerate(SHAPES)
    }


def arrays(dtypes: list[np.dtype[Any]] = DTYPES) -> st.SearchStrategy[np.ndarray]:
    shapes = st.lists(st.integers(0, 4), max_size=4).map(tuple)
    return st.builds(random_array, st.sampled_from(dtypes), shapes, st.integers(0, 1 << 32))


_NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["..", "/", "/etc/passwd", "a.b", "a/b", "\0", "if", "0", "params", "x" * 10_000]
)
_NUMBERS = (
    st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.floats() | st.complex_numbers() | st.none()
)


def trees() -> st.SearchStrategy[Any]:
    """Draws what flax.serialization.to_bytes takes: dicts, lists, arrays, NumPy scalars, Python numbers."""
    scalars = arrays().filter(lambda array: array.size > 0).map(lambda array: array.reshape(-1)[0])
    leaves = arrays() | _NUMBERS | scalars
    inner = st.recursive(
        leaves,
        lambda inner: st.dictionaries(_NAMES, inner, max_size=5) | st.lists(inner, max_size=12),
        max_leaves=12,
    )
    return st.dictionaries(_NAMES, inner, max_size=4) | arrays() | st.lists(inner, max_size=3)
