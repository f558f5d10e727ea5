"""The parameters of a primitive by value, so that two equal ones are equal, whoever made them."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from jax import lax
from jax.extend import core

Lambda = Callable[[Any], Any]  # a jaxpr to its normal form

# What has no bearing on values, or is in the result's dtype: placement, weak types, types of results.
IGNORED = frozenset({"sharding", "weak_type", "new_dtype", "preferred_element_type"})


def canonical(params: Mapping[str, Any], function: Lambda) -> tuple[tuple[str, Any], ...]:
    """Returns parameters as a sorted tuple of hashable pairs; `function` brings the jaxprs in them to one form."""
    kept = ((name, value) for name, value in sorted(params.items()) if name not in IGNORED)
    found = ((name, _frozen(value, function)) for name, value in kept)
    return tuple((name, value) for name, value in found if value is not None and not _is_default(name, value))


def _is_default(name: str, value: Any) -> bool:
    """Whether a precision says what None says: DEFAULT on both sides of a product (jax.lax.Precision)."""
    parts = value if isinstance(value, tuple) else (value,)
    return name == "precision" and all(part is lax.Precision.DEFAULT for part in parts)


def _frozen(value: Any, function: Lambda) -> Any:
    if isinstance(value, (core.Jaxpr, core.ClosedJaxpr)):
        return function(value)
    if isinstance(value, np.dtype):
        return str(value)
    if isinstance(value, (np.ndarray, np.generic)):
        return (str(value.dtype), value.shape, value.tobytes())
    if isinstance(value, Mapping):
        return tuple((str(key), _frozen(value[key], function)) for key in sorted(value, key=str))
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return tuple(_frozen(part, function) for part in value)
    if isinstance(value, tuple):
        return (type(value).__name__, *(_frozen(part, function) for part in value))
    if isinstance(value, float):
        return ("float", value.hex())  # 0.0 == -0.0, and NaN is not itself
    if isinstance(value, complex):
        return ("complex", value.real.hex(), value.imag.hex())
    return value if _hashable(value) else _Opaque(value)


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


class _Opaque:
    """Something that cannot be compared: equal to itself alone."""

    def __init__(self, value: Any) -> None:
        self.value = value
