"""The types that an array may have, and the size that a shape claims."""

from collections.abc import Sequence
from math import prod
from typing import Any

import ml_dtypes
import numpy as np

from .limits import MAX_BYTES, MAX_DIMS, shown
from .records import FormatError

_NUMPY = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
)
# Which of these exist depends on the release of ml_dtypes.
_ML_DTYPES = (
    *("bfloat16", "float8_e3m4", "float8_e4m3", "float8_e4m3b11fnuz", "float8_e4m3fn", "float8_e4m3fnuz"),
    *("float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu", "float4_e2m1fn", "float6_e2m3fn", "float6_e3m2fn"),
    *("int1", "int2", "int4", "uint1", "uint2", "uint4"),
)
DTYPES: dict[str, np.dtype[Any]] = {name: np.dtype(name) for name in _NUMPY} | {
    name: np.dtype(getattr(ml_dtypes, name)) for name in _ML_DTYPES if hasattr(ml_dtypes, name)
}
"""All dtypes by name. Each element of a sub-byte type takes one byte, as in NumPy."""


def numpy_dtype(name: str) -> np.dtype[Any]:
    """Returns the dtype of that name. Raises FormatError for what is no plain number (strings, objects)."""
    if name not in DTYPES:
        raise FormatError(f"the dtype {shown(name)} is none of {', '.join(DTYPES)}")
    return DTYPES[name]


def checked_size(shape: Sequence[object], dtype: str, nbytes: int) -> tuple[int, ...]:
    """Returns the shape. Raises FormatError where it is none, or where it does not make up `nbytes`."""
    dims = tuple(dim for dim in shape if type(dim) is int and 0 <= dim <= MAX_BYTES)
    if len(dims) != len(shape):
        raise FormatError(f"the shape {shown(list(shape))} has to consist of integers from 0 on")
    if len(dims) > MAX_DIMS:
        raise FormatError(f"the shape has {len(dims)} dimensions; at most {MAX_DIMS} are possible")
    itemsize = numpy_dtype(dtype).itemsize
    if prod(dim for dim in dims if dim) * itemsize > MAX_BYTES:
        raise FormatError(f"the shape {shown(dims)} is too big for any memory")
    if prod(dims) * itemsize != nbytes:
        raise FormatError(
            f"shape {shown(dims)} of {dtype} takes {prod(dims) * itemsize} bytes, but there are {nbytes}"
        )
    return dims
