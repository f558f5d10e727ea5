"""A digest for each leaf: of what is stored, or, where data files are shared and not read, of where it is stored."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import xxhash

from .records import DiskPath
from .source import Array
from .store.open import OrbaxStore
from .store.place import Tap, read_through
from .store.values import Ref, Value


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
    """The digests of stored bytes, taken as files pass on their way to `folder`, else by reading what is there.

    With `contents` off nothing is read: what is in a file stands for itself by its place.
    """

    def __init__(self, folder: Path, contents: bool) -> None:
        self._folder, self._contents = folder, contents
        self._passed: dict[Ref, bytes] = {}

    def tap(self, refs: Iterable[Ref]) -> Tap:
        """Returns what is to be shown the bytes of the file in which these values lie."""
        return Passing(refs, self._passed)

    def of(self, value: Value) -> bytes:
        """Returns the digest of a value. Raises OSError."""
        if isinstance(value, bytes):
            return xxhash.xxh3_128_digest(value)
        if not self._contents:
            return xxhash.xxh3_128_digest(f"{value.file}:{value.offset}:{value.length}".encode())
        return self._passed.get(value) or _of_file(self._folder, value)

    def of_leaf(self, store: OrbaxStore, leaf: DiskPath) -> str:
        """Returns the digest of a leaf: of its metadata, and of the place and the digest of each chunk."""
        state = xxhash.xxh3_128(store.arrays[leaf].dumps())
        for place, key in sorted(store.chunks(leaf).items()):
            state.update(repr(place).encode() + self.of(store.index[key]))
        return state.hexdigest()


class Passing:
    """Sees a file once, from its start, and enters the digests of the values in it in `found`.

    A value that begins before another has ended is left out.
    """

    def __init__(self, refs: Iterable[Ref], found: dict[Ref, bytes]) -> None:
        self._ahead, self._found = list(reversed(_apart(refs))), found
        self._state, self._position = xxhash.xxh3_128(), 0

    def __call__(self, data: memoryview) -> None:
        end = self._position + len(data)
        while self._ahead and self._ahead[-1].offset < end:
            ref = self._ahead[-1]
            start, stop = max(ref.offset, self._position), min(ref.offset + ref.length, end)
            self._state.update(data[start - self._position : stop - self._position])
            if ref.offset + ref.length > end:
                break
            self._found[self._ahead.pop()] = self._state.digest()
            self._state.reset()
        self._position = end


def _apart(refs: Iterable[Ref]) -> list[Ref]:
    kept: list[Ref] = []
    for ref in sorted(refs, key=lambda ref: ref.offset):
        if not kept or ref.offset >= kept[-1].offset + kept[-1].length:
            kept.append(ref)
    return kept


def _of_file(folder: Path, ref: Ref) -> bytes:
    state, left = xxhash.xxh3_128(), ref.length
    with (folder / ref.file).open("rb", buffering=0) as file:
        file.seek(ref.offset)
        for piece in read_through(file):
            state.update(piece[:left])
            left -= len(piece[:left])
            if not left:
                break
    if left:
        raise OSError(f"{ref.file} ends before byte {ref.offset + ref.length}")
    return state.digest()
