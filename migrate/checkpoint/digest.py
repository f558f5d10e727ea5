"""A digest for each leaf: of what is stored, or, where data files are shared and not read, of where it is stored."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import xxhash

from .records import DiskPath
from .source import Array
from .store.open import OrbaxStore
from .store.values import Ref, Value

READ = 1 << 20


def of_values(pieces: Iterable[Array]) -> Iterator[Array | str]:
    """Passes pieces on; the last thing it gives is the digest of their bytes."""
    state = xxhash.xxh3_128()
    for piece in pieces:
        state.update(np.ascontiguousarray(piece).reshape(-1).view(np.uint8).data)
        yield piece
    yield state.hexdigest()


def of_leaf(store: OrbaxStore, leaf: DiskPath, contents: bool) -> str:
    """Returns the digest of a leaf's metadata and of its chunks: of their bytes, or of their places in files.

    Raises OSError.
    """
    state = xxhash.xxh3_128(store.arrays[leaf].dumps())
    for place, key in sorted(store.chunks(leaf).items()):
        state.update(repr(place).encode())
        for data in _data(store.folder, store.index[key], contents):
            state.update(data)
    return state.hexdigest()


def _data(folder: Path, value: Value, contents: bool) -> Iterator[bytes]:
    if isinstance(value, bytes):
        yield value
    elif contents:
        yield from _read(folder, value)
    else:
        yield f"{value.file}:{value.offset}:{value.length}".encode()


def _read(folder: Path, value: Ref) -> Iterator[bytes]:
    with (folder / value.file).open("rb", buffering=0) as file:
        file.seek(value.offset)
        left = value.length
        while left and (data := file.read(min(READ, left))):
            left -= len(data)
            yield data
