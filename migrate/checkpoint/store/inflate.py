"""Chunks too large to be decoded whole: a stream of decompressed bytes, as zarr 2 and 3 store a C-ordered chunk."""

import struct
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

import numpy as np
import zstandard

from ..disk_names import key_prefix
from ..records import DiskPath
from . import zarr, zarr_new
from .open import OrbaxStore
from .values import Ref, Value, load, size

READ = 4 << 20
INDEX = 20
"""The end of a shard with one chunk in it: offset and length of 8 bytes each, and 4 of a checksum."""


class DamagedError(Exception):
    """The stream is not what the metadata says, or it is one that cannot be read in parts."""


def pieces(store: OrbaxStore, leaf: DiskPath, limit: int) -> Iterator[np.ndarray[Any, Any]]:
    """Yields a leaf's elements in C order. Raises DamagedError."""
    about, kept = store.arrays[leaf], store.chunks(leaf)
    _check_order(about)
    dtype = np.dtype(about.dtype)
    step = max(1, limit // dtype.itemsize) * dtype.itemsize
    for place in about.coordinates():
        if place not in kept:
            raise DamagedError(f"the chunk {about.chunk_key(place)} is not stored")
        value = store.index[kept[place]]
        wanted = _inside(about, place) * dtype.itemsize
        stream = _decoded(store, about, value, step)
        for data in _exactly(stream, wanted, step, f"{key_prefix(leaf)}{about.chunk_key(place)}"):
            yield np.frombuffer(data, dtype)


def is_stream(about: zarr.ArrayMeta) -> bool:
    """Whether chunks follow each other in C order: split along one axis, below axes of chunks of size 1."""
    ones = len(list(takewhile(lambda chunk: chunk == 1, about.chunks)))
    return zarr_new.can_restack(about) and all(count == 1 for count in about.grid[ones + 1 :])


def _check_order(about: zarr.ArrayMeta) -> None:
    if not is_stream(about):
        raise DamagedError(
            f"its chunks of {about.chunk_bytes >> 20} MB do not lie one after the other and have to be decoded"
            f" whole: give --memory {(4 * about.chunk_bytes >> 20) + 100}M or more"
        )


def _inside(about: zarr.ArrayMeta, place: tuple[int, ...]) -> int:
    """Returns how many elements of a chunk are within the array."""
    sides = zip(place, about.chunks, about.shape, strict=True)
    return int(np.prod([min(chunk, size - i * chunk) for i, chunk, size in sides], dtype=np.int64))


def _decoded(store: OrbaxStore, about: zarr.ArrayMeta, value: Value, step: int) -> Iterator[bytes]:
    name, value = _codec(store, about, value)
    if name is None:
        yield from _raw(store, value, step)
        return
    if name != "zstd":
        raise DamagedError(f"it is compressed by {name!r}, which is not read in parts: give more --memory")
    inflater = zstandard.ZstdDecompressor(max_window_size=128 << 20).decompressobj()
    try:
        for data in _raw(store, value, min(READ, step)):
            yield inflater.decompress(data)
    except zstandard.ZstdError as error:
        raise DamagedError(str(error)) from error


def _codec(store: OrbaxStore, about: zarr.ArrayMeta, value: Value) -> tuple[str | None, Value]:
    if not about.zarr3:
        return (about.raw.get("compressor") or {}).get("id"), value
    codecs = about.raw["codecs"]
    if codecs[0]["name"] == "sharding_indexed":
        codecs, value = codecs[0]["configuration"]["codecs"], _inner(store, value)
    names = [codec["name"] for codec in codecs if codec["name"] != "bytes"]
    if len(names) > 1:
        raise DamagedError(
            f"it is coded by {', '.join(names)}, which is not read in parts: give more --memory"
        )
    return (names[0] if names else None), value


def _inner(store: OrbaxStore, value: Value) -> Value:
    """Returns the one chunk of a shard, by the index at the shard's end."""
    total = size(value)
    if isinstance(value, bytes) or total < INDEX:
        raise DamagedError("a shard that is smaller than its index")
    end = load(store.folder, Ref(value.file, value.offset + total - INDEX, INDEX))
    start, length = struct.unpack("<QQ", end[:16])
    if start + length > total - INDEX:
        raise DamagedError("the index of a shard points outside of it")
    return Ref(value.file, value.offset + start, length)


def _raw(store: OrbaxStore, value: Value, step: int) -> Iterator[bytes]:
    if isinstance(value, bytes):
        yield value
        return
    for start in range(0, value.length, step):
        yield load(store.folder, Ref(value.file, value.offset + start, min(step, value.length - start)))


def _exactly(stream: Iterator[bytes], wanted: int, step: int, name: str) -> Iterator[bytes]:
    """Cuts a stream in pieces of `step` bytes and drops what a chunk holds beyond the array's edge."""
    buffer = bytearray()
    for data in stream:
        view = memoryview(data)
        while view and wanted:
            take = min(step - len(buffer), len(view), wanted)
            buffer += view[:take]
            view, wanted = view[take:], wanted - take
            if len(buffer) == step:
                yield bytes(buffer)
                buffer.clear()
    if wanted:
        raise DamagedError(f"{name} ends {wanted} bytes too early")
    if buffer:
        yield bytes(buffer)
