"""Values of the user's program as JSON: numbers and texts as they are, of arrays the shape, of the rest the type."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from flax import linen as nn

DEPTH = 3  # a list of tuples of numbers, in a configuration
WIDTH = 200  # items of a list, attributes of a configuration

OWN = frozenset({"parent", "name"})
"""Fields that Linen adds to every module."""


def describe(value: Any, depth: int = DEPTH) -> Any:
    """Returns numbers, texts and None as they are, lists for sequences, and a dict with one key for all else.

    The key is `shape` for an array, `dict` for a mapping, `attributes` for a configuration object, `other` for what
    has none of these.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(
        value, nn.Module | type
    ):  # a module may run its setup, out of turn; `np.float64` has a `shape`
        return _other(value)
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return {"shape": [describe(size) for size in value.shape]}
    if depth == 0:
        return _other(value)
    if isinstance(value, list | tuple):
        return [describe(item, depth - 1) for item in value[:WIDTH]]
    if hasattr(value, "copy_and_resolve_references"):  # a ConfigDict: its items are attributes
        return {"attributes": _all(dict(value), depth)}
    if isinstance(value, Mapping):
        return {"dict": _all({k: v for k, v in value.items() if isinstance(k, str)}, depth)}
    return _configuration(value, depth)


def is_configuration(value: Any) -> bool:
    """Tells whether a value is a plain object that holds others under names: no module, array or function."""
    plain = not isinstance(value, type | nn.Module | str | bytes | int | float | list | tuple | Mapping)
    return (
        plain and not callable(value) and not hasattr(value, "shape") and bool(getattr(value, "__dict__", {}))
    )


def _configuration(value: Any, depth: int) -> Any:
    """What a dataclass, or a plain object, holds under names."""
    if isinstance(value, type) or callable(value):
        return _other(value)
    if dataclasses.is_dataclass(value):
        found = {f.name: getattr(value, f.name, None) for f in dataclasses.fields(value)}
    else:
        found = dict(getattr(value, "__dict__", {}))
    return {"attributes": _all(found, depth)} if found else _other(value)


def _all(values: Mapping[str, Any], depth: int) -> dict[str, Any]:
    return {name: describe(value, depth - 1) for name, value in [*values.items()][:WIDTH]}


def _other(value: Any) -> dict[str, str]:
    return {"other": type(value).__qualname__}


def fields_of(module: Any) -> dict[str, Any]:
    """Returns the fields of a Linen module, without those that Linen adds."""
    names = (f.name for f in dataclasses.fields(module) if f.name not in OWN)
    return {name: describe(getattr(module, name, None)) for name in names}


def at_default(module: Any) -> list[str]:
    """Returns the fields of a Linen module that have the value of the class."""
    fields = (f for f in dataclasses.fields(module) if f.name not in OWN)
    return [f.name for f in fields if getattr(module, f.name, None) is f.default]


def sizes_in(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the whole numbers among the locals of a frame, and the sequences of them."""
    found = {
        name: describe(value, 1) for name, value in values.items() if isinstance(value, int | tuple | list)
    }
    return {name: value for name, value in found.items() if is_size(value) or _are_sizes(value)}


def is_size(value: Any) -> bool:
    """Tells whether a value is a whole number; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def _are_sizes(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(is_size, value))
