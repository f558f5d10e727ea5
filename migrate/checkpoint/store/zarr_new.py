"""The metadata of arrays that there were not: plain ones, and those of the same chunks in another grid."""

import json
from types import MappingProxyType
from typing import Any

from .zarr import ArrayMeta
from .zarr_dtypes import to_zarr2


def plain(shape: tuple[int, ...], dtype: str, chunks: tuple[int, ...], zarr3: bool = False) -> ArrayMeta:
    """Returns the metadata of an array whose chunks are its bytes, neither compressed nor reordered."""
    raw = _plain3(shape, dtype, chunks) if zarr3 else _plain2(shape, dtype, chunks)
    return ArrayMeta(shape, dtype, chunks, zarr3, MappingProxyType(raw))


def _plain2(shape: tuple[int, ...], dtype: str, chunks: tuple[int, ...]) -> dict[str, Any]:
    return {
        "chunks": list(chunks),
        "compressor": None,
        "dimension_separator": ".",
        "dtype": to_zarr2(dtype),
        "fill_value": None,
        "filters": None,
        "order": "C",
        "shape": list(shape),
        "zarr_format": 2,
    }


def _plain3(shape: tuple[int, ...], dtype: str, chunks: tuple[int, ...]) -> dict[str, Any]:
    grid = {"name": "regular", "configuration": {"chunk_shape": list(chunks)}}
    codec = {"name": "bytes", "configuration": {"endian": "little"}}
    zero: Any = False if dtype == "bool" else [0.0, 0.0] if dtype.startswith("complex") else 0
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(shape),
        "data_type": dtype,
        "fill_value": zero,
        "chunk_grid": grid,
        "chunk_key_encoding": {"name": "default"},
        "codecs": [codec],
    }


def inserted(meta: ArrayMeta, axis: int, count: int) -> ArrayMeta:
    """Returns the metadata of `count` such arrays stacked along a new axis, one chunk deep."""
    return _reshaped(meta, *(_insert(sizes, axis, n) for sizes, n in ((meta.shape, count), (meta.chunks, 1))))


def removed(meta: ArrayMeta, axis: int) -> ArrayMeta:
    """Returns the metadata of one layer of an array that is stacked along an axis, one chunk deep."""
    return _reshaped(meta, *(sizes[:axis] + sizes[axis + 1 :] for sizes in (meta.shape, meta.chunks)))


def resized(meta: ArrayMeta, shape: tuple[int, ...]) -> ArrayMeta:
    """Returns the metadata of such an array with more or fewer chunks."""
    return _reshaped(meta, shape, meta.chunks)


def can_restack(meta: ArrayMeta) -> bool:
    """Whether a chunk's bytes stay the same when an axis of size 1 is added or taken away."""
    if not meta.zarr3:
        return meta.raw.get("order") == "C" and not meta.raw.get("filters")
    codecs = [codec["name"] for codec in meta.raw["codecs"]]
    if codecs[:1] == ["sharding_indexed"]:
        inner = meta.raw["codecs"][0]["configuration"]
        codecs = [codec["name"] for codec in inner["codecs"]]
        if tuple(inner["chunk_shape"]) != meta.chunks:  # several chunks in one: their order is by axes
            return False
    return not set(codecs) - {"bytes", "zstd", "gzip", "blosc", "crc32c"}


def _insert(sizes: tuple[int, ...], axis: int, size: int) -> tuple[int, ...]:
    return (*sizes[:axis], size, *sizes[axis:])


def _reshaped(meta: ArrayMeta, shape: tuple[int, ...], chunks: tuple[int, ...]) -> ArrayMeta:
    raw = json.loads(json.dumps(dict(meta.raw)))
    raw["shape"] = list(shape)
    if not meta.zarr3:
        raw["chunks"] = list(chunks)
        return ArrayMeta(shape, meta.dtype, chunks, False, MappingProxyType(raw))
    raw["chunk_grid"]["configuration"]["chunk_shape"] = list(chunks)
    if raw["codecs"][0]["name"] == "sharding_indexed":
        raw["codecs"][0]["configuration"]["chunk_shape"] = list(chunks)
    raw.pop("dimension_names", None)
    return ArrayMeta(shape, meta.dtype, chunks, True, MappingProxyType(raw))
