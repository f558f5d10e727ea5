"""What a file holds: as this package reads it, and as the library that wrote it does."""

import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import safetensors
from flax import serialization
from migrate_norm.checkpoint.formats import FileStore, open_file
from migrate_norm.checkpoint.formats.safetensors_dtypes import SAFETENSORS_DTYPES


class Value(NamedTuple):
    """An array by its bits, so that NaNs compare too."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes
    scalar: bool = False


class Held(NamedTuple):
    """Everything a file says. Names are paths, or for flat formats the name in the file."""

    arrays: dict[Any, Value]
    empty: frozenset[tuple[str, ...]] = frozenset()
    texts: dict[str, str] = {}  # noqa: RUF012 - never changed


def value(array: Any) -> Value:
    array = np.asarray(array)
    return Value(array.dtype.name, array.shape, array.astype(array.dtype.newbyteorder("=")).tobytes())


def read(path: Path, limit: int = 1 << 20) -> Held:
    """Reads all of a file through the package."""
    with open_file(path) as store:
        return held(store, limit)


def held(store: FileStore, limit: int = 1 << 20) -> Held:
    arrays = {}
    for array in store.arrays:
        pieces = list(store.read(array, limit))
        assert all(piece.ndim == 1 and 0 < piece.nbytes <= limit for piece in pieces)
        assert all(piece.dtype.name == array.dtype for piece in pieces)
        data = b"".join(piece.tobytes() for piece in pieces)
        assert len(data) == array.nbytes
        name = array.path if store.kind == "msgpack" else (store.separator or "").join(array.path)
        arrays[name] = Value(array.dtype, array.shape, data, array.scalar)
    assert len(arrays) == len(store.arrays)
    return Held(arrays, frozenset(store.empty), dict(store.metadata))


def official_msgpack(data: bytes) -> Held:
    """Reads with flax.serialization."""
    found = Held({}, frozenset(), {})
    empty = set()
    for path, leaf in _leaves(serialization.msgpack_restore(data), ()):
        if leaf is None or (isinstance(leaf, dict | list) and not leaf):
            empty.add(path)
        elif isinstance(leaf, str):
            found.texts["/".join(path)] = leaf
        else:
            scalar = type(leaf) in (bool, int, float, complex)
            found.arrays[path] = value(leaf)._replace(scalar=scalar)
    return found._replace(empty=frozenset(empty))


def _leaves(node: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(node, dict) and node:
        for name, child in node.items():
            yield from _leaves(child, (*path, name))
    elif isinstance(node, list) and node:
        for place, child in enumerate(node):
            yield from _leaves(child, (*path, str(place)))
    else:
        yield path, node


def official_safetensors(data: bytes) -> Held:
    """Reads with the safetensors library, which gives shape, dtype and bytes."""
    return Held(
        {
            name: Value(SAFETENSORS_DTYPES[found["dtype"]], tuple(found["shape"]), bytes(found["data"]))
            for name, found in safetensors.deserialize(data)
        }
    )


def official_npz(data: bytes) -> Held:
    """Reads with numpy.load."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damaged headers
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            return Held({name: value(found[name]) for name in found.files})
