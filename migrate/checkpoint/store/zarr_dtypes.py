"""The dtypes of arrays: their names in zarr 2 and 3, and how many bytes an element takes."""

import re
from typing import Any

import ml_dtypes
import numpy as np

EXTENDED = frozenset(
    name for name, kind in vars(ml_dtypes).items() if isinstance(kind, type) and issubclass(kind, np.generic)
)

NUMBERS = frozenset(
    {"bool", "float16", "float32", "float64", "complex64", "complex128"}
    | {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
)


def item_size(dtype: str) -> int:
    """Returns the bytes of one stored element; zarr keeps 4-bit numbers in a byte each."""
    return np.dtype(dtype).itemsize


def from_zarr2(name: Any) -> str:
    """Reads zarr 2's dtype: NumPy's code such as `<f4`, or TensorStore's name such as `bfloat16`."""
    if not isinstance(name, str):
        raise ValueError(f"{name!r} is no dtype of one number")
    if re.fullmatch(r"[<>|][a-z][0-9]+", name):
        return known(np.dtype(name).name)
    return known(name)


def to_zarr2(dtype: str) -> str:
    kind = np.dtype(dtype)
    return dtype if dtype in EXTENDED else kind.newbyteorder("<").str


def known(name: Any) -> str:
    """Returns the name of a dtype, which is that of zarr 3. Raises ValueError for what is none."""
    if not isinstance(name, str) or name not in NUMBERS | EXTENDED:
        raise ValueError(f"{name!r} is no dtype that JAX has")
    return name
