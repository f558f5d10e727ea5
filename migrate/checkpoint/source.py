"""What a conversion reads from, whatever its form: leaves with their values as pieces."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from .errors import CheckpointError
from .records import DiskPath, Stored
from .runs import Box, Runs, is_run
from .store import read
from .store.open import OrbaxStore, open_store
from .store.zarr import ArrayMeta

if TYPE_CHECKING:
    from .file_source import FileSource

Array = np.ndarray[Any, Any]


class Checkpoint(Protocol):
    """An open checkpoint.

    `empty` are the paths of its nodes without data, `texts` the names of what is stored there and is no array.
    """

    @property
    def kind(self) -> str: ...
    @property
    def path(self) -> Path: ...
    @property
    def leaves(self) -> tuple[Stored, ...]: ...
    @property
    def empty(self) -> tuple[DiskPath, ...]: ...
    @property
    def texts(self) -> tuple[str, ...]: ...

    def data(self, leaf: DiskPath) -> tuple[tuple[int, ...], str]:
        """Returns the shape and dtype of what is stored: of a typed PRNG key its uint32 data."""

    def pieces(self, leaf: DiskPath, limit: int) -> Iterator[Array]:
        """Yields the leaf in C order as 1-d arrays of at most `limit` bytes. Raises CheckpointError."""

    def region(self, leaf: DiskPath, box: Box, limit: int) -> Array:
        """Returns a part of a leaf. Raises CheckpointError."""


class OrbaxSource:
    """An Orbax directory."""

    kind = "orbax"
    texts: tuple[str, ...] = ()

    def __init__(self, store: OrbaxStore) -> None:
        self.store, self.path = store, store.folder
        self._runs = Runs(self)
        self.leaves, self.empty = store.leaves, store.empty

    def meta(self, leaf: DiskPath) -> ArrayMeta:
        return self.store.arrays[leaf]

    def data(self, leaf: DiskPath) -> tuple[tuple[int, ...], str]:
        return self.meta(leaf).shape, self.meta(leaf).dtype

    def pieces(self, leaf: DiskPath, limit: int) -> Iterator[Array]:
        return read.pieces(self.store, leaf, limit)

    def region(self, leaf: DiskPath, box: Box, limit: int) -> Array:
        meta = self.meta(leaf)
        if meta.chunk_bytes > limit or is_run(box, meta.shape):
            return self._runs.region(leaf, box, limit)
        return read.region(self.store, leaf, box)


@contextmanager
def opened(path: Path, separator: str | None = None) -> Iterator["OrbaxSource | FileSource"]:
    """Opens a checkpoint: a directory of Orbax, or a file that its content tells.

    `separator` is what the flat names of a file are split by; by default the file tells. Raises CheckpointError.
    """
    if path.is_dir():
        if separator is not None:
            raise CheckpointError(
                f"--separator splits the names of safetensors and npz; {path} is a folder of Orbax"
            )
        yield open_folder(path)
        return
    from .file_source import FileSource, open_file

    with _reading(path, partial(open_file, separator=separator)) as file:
        yield FileSource(file, path)


def open_folder(path: Path) -> OrbaxSource:
    """Opens a directory of Orbax. Raises CheckpointError."""
    return OrbaxSource(_reading(path, open_store))


def _reading(path: Path, how: Any) -> Any:
    try:
        return how(path)
    except (ValueError, OSError) as error:
        raise CheckpointError(f"cannot read {path}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    """TensorStore adds whole specs to its messages."""
    lines = str(error).split(" [source locations=")[0].split("[tensorstore_spec=")[0].strip().splitlines()
    return lines[0][:500] if lines else type(error).__name__
