"""The values of a leaf, decoded piece by piece in C order, whatever its size."""

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np
import tensorstore as ts

from ..disk_names import key_prefix, stored_name
from ..errors import CheckpointError
from ..records import DiskPath
from . import inflate, ocdbt
from .open import OrbaxStore
from .zarr_dtypes import item_size

WHOLE = 4
"""A chunk of so many times the limit may be decoded whole where it cannot be read as a stream."""

Array = np.ndarray[Any, Any]
Box = tuple[slice, ...]


def pieces(store: OrbaxStore, leaf: DiskPath, limit: int) -> Iterator[Array]:
    """Yields a leaf as 1-d arrays of at most `limit` bytes, or one element. Raises CheckpointError.

    A chunk that is larger than the limit is decompressed as a stream.
    """
    about = store.arrays[leaf]
    try:
        if about.nbytes > limit and about.chunk_bytes > (
            limit if inflate.is_stream(about) else WHOLE * limit
        ):
            yield from inflate.pieces(store, leaf, limit)
        else:
            array = _open(store, leaf)
            for box in boxes(about.shape, about.chunks, max(1, limit // item_size(about.dtype))):
                yield np.ascontiguousarray(array[box].read().result()).reshape(-1)
    except (ValueError, OSError, inflate.DamagedError) as error:
        raise CheckpointError(f"cannot read {stored_name(leaf)} of {store.folder}: {error}") from error


def region(store: OrbaxStore, leaf: DiskPath, box: Box) -> Array:
    """Returns a part of a leaf. Raises CheckpointError."""
    try:
        return np.ascontiguousarray(_open(store, leaf)[box].read().result())
    except (ValueError, OSError) as error:
        raise CheckpointError(f"cannot read {stored_name(leaf)} of {store.folder}: {error}") from error


def boxes(shape: tuple[int, ...], chunks: tuple[int, ...], limit: int) -> Iterator[Box]:
    """Yields boxes of at most `limit` elements that cover an array in C order, along the chunks where possible."""
    if 0 in shape:
        return
    axis = next((i for i in range(len(shape)) if prod(shape[i + 1 :]) <= limit), len(shape))
    if axis == len(shape):
        yield tuple(slice(0, size) for size in shape)
        return
    step = min(shape[axis], max(1, limit // prod(shape[axis + 1 :])))
    step = step - step % chunks[axis] or step
    rest = tuple(slice(0, size) for size in shape[axis + 1 :])
    for place in np.ndindex(*shape[:axis]):
        before = tuple(slice(i, i + 1) for i in place)
        for start in range(0, shape[axis], step):
            yield (*before, slice(start, min(start + step, shape[axis])), *rest)


def _open(store: OrbaxStore, leaf: DiskPath) -> Any:
    kvstore: dict[str, Any] = ocdbt.url(store.folder)
    if store.tree.ocdbt:
        kvstore = {"driver": "ocdbt", "base": kvstore, "path": key_prefix(leaf)}
    else:
        kvstore["path"] += key_prefix(leaf)
    spec = {"driver": "zarr3" if store.tree.zarr3 else "zarr", "kvstore": kvstore}
    return ts.open(spec, read=True, open=True, context=_CONTEXT).result()


_CONTEXT = ts.Context(
    {"cache_pool": {"total_bytes_limit": 0}, "cache_pool#tree": {"total_bytes_limit": 32 << 20}}
)
"""Decoded chunks are never kept: what is read is handed on at once."""
