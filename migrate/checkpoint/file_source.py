"""A checkpoint that is one file: msgpack, safetensors, npz."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .errors import CheckpointError
from .formats import FileStore, StoredArray, open_file
from .records import DiskPath, Stored
from .runs import Box, Runs

__all__ = ["FileSource", "open_file"]

Array = np.ndarray[Any, Any]


class FileSource:
    """A checkpoint that is one file."""

    def __init__(self, store: FileStore, path: Path) -> None:
        self._store, self.kind, self.path = store, store.kind, path
        self._arrays = {array.path: array for array in store.arrays}
        self._runs = Runs(self)
        self.leaves = tuple(_stored(array) for array in store.arrays)
        self.empty: tuple[DiskPath, ...] = tuple(store.empty)
        self.texts = tuple(sorted(store.metadata))

    def data(self, leaf: DiskPath) -> tuple[tuple[int, ...], str]:
        return self._arrays[_names(leaf)].shape, self._arrays[_names(leaf)].dtype

    def pieces(self, leaf: DiskPath, limit: int) -> Iterator[Array]:
        try:
            yield from self._store.read(self._arrays[_names(leaf)], limit)
        except (ValueError, OSError) as error:
            raise CheckpointError(f"cannot read {self.path}: {error}") from error

    def region(self, leaf: DiskPath, box: Box, limit: int) -> Array:
        return self._runs.region(leaf, box, limit)


def _stored(array: StoredArray) -> Stored:
    return Stored(array.path, array.shape, array.dtype, scalar=array.scalar)


def _names(leaf: DiskPath) -> tuple[str, ...]:
    return tuple(map(str, leaf))
