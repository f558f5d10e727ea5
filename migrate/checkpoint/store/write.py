"""Writes arrays as streams of values: a database of their own in the draft, a batch of chunks per transaction."""

from collections.abc import Iterable, Iterator
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import tensorstore as ts

from . import ocdbt, zarr
from .values import Ref, Value
from .zarr_dtypes import item_size

KEYS = 20_000
"""How many keys one transaction holds at most; they are in memory until it is committed."""

Array = np.ndarray[Any, Any]


def chunk_shape(shape: tuple[int, ...], item: int, most: int) -> tuple[int, ...]:
    """Returns chunks that follow each other in C order and have at most `most` bytes (or one element)."""
    limit = max(1, most // item)
    axis = next((i for i in range(len(shape)) if prod(shape[i + 1 :]) <= limit), 0)
    if not shape:
        return ()
    count = -(-max(1, shape[axis]) // max(1, limit // max(1, prod(shape[axis + 1 :]))))
    even = -(-max(1, shape[axis]) // count)
    return (*(1,) * axis, even, *(max(1, size) for size in shape[axis + 1 :]))


def encoded(meta: zarr.ArrayMeta, prefix: str, pieces: Iterable[Array]) -> Iterator[tuple[str, bytes]]:
    """Yields the keys of an array and their bytes. Raises ValueError where pieces are too many or too few."""
    yield f"{prefix}{zarr.NAMES[meta.zarr3]}", meta.dumps()
    chunk, rest = meta.chunk_bytes, _Stream(pieces, meta)
    for place in meta.coordinates():
        data = rest.take(_inside(meta, place))
        yield (
            f"{prefix}{meta.chunk_key(place)}",
            data if len(data) == chunk else data + bytes(chunk - len(data)),
        )
    rest.end()


class _Stream:
    """The bytes of an array's pieces, taken by the chunk."""

    def __init__(self, pieces: Iterable[Array], meta: zarr.ArrayMeta) -> None:
        self._pieces, self._meta, self._held = iter(pieces), meta, bytearray()

    def take(self, count: int) -> bytes:
        while len(self._held) < count:
            piece = next(self._pieces, None)
            if piece is None:
                raise ValueError(f"{count - len(self._held)} bytes of an array are missing")
            self._held += np.ascontiguousarray(piece).view(np.uint8).data
        data = bytes(memoryview(self._held)[:count])
        del self._held[:count]
        return data

    def end(self) -> None:
        if self._held or any(piece.size for piece in self._pieces):
            raise ValueError("an array has more bytes than its shape says")


def _inside(meta: zarr.ArrayMeta, place: tuple[int, ...]) -> int:
    sides = zip(place, meta.chunks, meta.shape, strict=True)
    return prod(min(chunk, size - i * chunk) for i, chunk, size in sides) * item_size(meta.dtype)


def write_database(folder: Path, items: Iterable[tuple[str, bytes]], size: int) -> None:
    """Writes keys and values to a new OCDBT database, about `size` bytes of them in each transaction."""
    folder.mkdir(parents=True)
    database = ocdbt.open_database(folder, ocdbt.context())
    for batch in _batches(items, size):
        transaction = ts.Transaction()
        new = database.with_transaction(transaction)
        for future in [new.write(key.encode("utf-8", "surrogateescape"), value) for key, value in batch]:
            future.result()
        batch.clear()
        transaction.commit_async().result()


def _batches(items: Iterable[tuple[str, bytes]], size: int) -> Iterator[list[tuple[str, bytes]]]:
    batch: list[tuple[str, bytes]] = []
    held = 0
    for key, value in items:
        batch.append((key, value))
        held += len(value)
        if held >= size or len(batch) >= KEYS:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def write_files(folder: Path, items: Iterable[tuple[str, bytes]]) -> dict[str, Value]:
    """Writes every value to a file of its own; returns their index."""
    found: dict[str, Value] = {}
    for key, value in items:
        file = folder / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(value)
        found[key] = Ref(key, 0, len(value))
    return found
