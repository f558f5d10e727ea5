"""Constants by value: a uniform array is a scalar that is repeated; a scalar carries its bits."""

import hashlib
from typing import Any

import jax
import numpy as np

from .terms import Table, Value

CONSTANT = "constant"


def constant(table: Table, value: Any, dtype: str) -> Value:
    """Returns a literal or a closed-over array; equal bits of one dtype are one term."""
    if dtype.startswith("key<"):
        data = np.asarray(jax.random.key_data(value))
        return table.make(CONSTANT, (_bits(data), _variety(data)), (), tuple(value.shape), dtype)
    array = np.asarray(value).astype(_numpy_dtype(dtype))
    if array.ndim and array.size and _uniform(array):
        return Value(scalar(table, array.flat[0], dtype).term, (None,) * array.ndim, array.shape)
    return table.make(CONSTANT, (_bits(array), _variety(array)), (), array.shape, dtype)


def scalar(table: Table, number: Any, dtype: str) -> Value:
    """Returns a constant of shape ()."""
    bits = np.asarray(number).astype(_numpy_dtype(dtype)).tobytes()
    return table.make(CONSTANT, (bits, ""), (), (), dtype)


def number(table: Table, value: Value) -> Any:
    """Returns the NumPy scalar that a value is everywhere, or None if it is no constant scalar."""
    term = table.terms[value.term]
    if term.op != CONSTANT or term.shape or term.dtype.startswith("key<"):
        return None
    return np.frombuffer(term.params[0], _numpy_dtype(term.dtype))[0]


def _bits(array: np.ndarray[Any, Any]) -> bytes:
    """Returns the bits themselves while they are short, else a digest of them."""
    data = array.tobytes()
    return data if len(data) <= 64 else hashlib.sha256(data).digest()


def _variety(array: np.ndarray[Any, Any]) -> str:
    """Returns `distinct` for an array of keys or integers of which no two, along the first axis, are the same."""
    if not array.ndim or array.dtype.kind not in "ui":
        return ""
    return "distinct" if len(np.unique(array, axis=0)) == len(array) else ""


def _uniform(array: np.ndarray[Any, Any]) -> bool:
    first = array.flat[:1].tobytes()
    return array.tobytes() == first * array.size


def _numpy_dtype(name: str) -> Any:
    return jax.numpy.dtype(name)
