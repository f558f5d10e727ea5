"""A digest for each leaf: of what is stored, or, where data files are shared and not read, of where it is stored."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Self

import numpy as np
import xxhash

from .records import DiskPath
from .source import Array
from .store.open import OrbaxStore
from .store.values import Ref, Value

READ = 256 << 10


def of_values(pieces: Iterable[Array]) -> Iterator[Array | str]:
    """Passes pieces on; the last thing it gives is the digest of their bytes."""
    state = xxhash.xxh3_128()
    for piece in pieces:
        state.update(_bytes(piece))
        yield piece
    yield state.hexdigest()


def of_pieces(pieces: Iterable[Array]) -> str:
    """Returns the digest of the bytes of pieces, holding one of them at a time."""
    state = xxhash.xxh3_128()
    for piece in pieces:
        state.update(_bytes(piece))
    return state.hexdigest()


def _bytes(piece: Array) -> memoryview:
    return np.ascontiguousarray(piece).reshape(-1).view(np.uint8).data


class Chunks:
    """The digests of stored bytes; those of a file can be asked for ahead, and are then taken in the background.

    With `contents` off nothing is read: what is in a file stands for itself by its place.
    """

    def __init__(self, folder: Path, contents: bool) -> None:
        self._folder, self._contents = folder, contents
        self._worker = ThreadPoolExecutor(1)
        self._ahead: dict[Ref, Future[bytes]] = {}

    def ahead(self, refs: Iterable[Ref]) -> None:
        """Starts to read what lies in a finished file."""
        if self._contents:
            self._ahead |= {ref: self._worker.submit(_of_file, self._folder, ref) for ref in refs}

    def of(self, value: Value) -> bytes:
        """Returns the digest of a value. Raises OSError."""
        if isinstance(value, bytes):
            return xxhash.xxh3_128_digest(value)
        if not self._contents:
            return xxhash.xxh3_128_digest(f"{value.file}:{value.offset}:{value.length}".encode())
        found = self._ahead.get(value)
        return found.result() if found else _of_file(self._folder, value)

    def of_leaf(self, store: OrbaxStore, leaf: DiskPath) -> str:
        """Returns the digest of a leaf: of its metadata, and of the place and the digest of each chunk."""
        state = xxhash.xxh3_128(store.arrays[leaf].dumps())
        for place, key in sorted(store.chunks(leaf).items()):
            state.update(repr(place).encode() + self.of(store.index[key]))
        return state.hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._worker.shutdown(cancel_futures=True)


def _of_file(folder: Path, ref: Ref) -> bytes:
    state, buffer = xxhash.xxh3_128(), memoryview(bytearray(min(READ, ref.length)))
    with (folder / ref.file).open("rb", buffering=0) as file:
        file.seek(ref.offset)
        left = ref.length
        while left and (count := file.readinto(buffer[:left])):
            state.update(buffer[:count])
            left -= count
    return state.digest()
