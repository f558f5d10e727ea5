"""The metadata of one array, zarr 2 or 3: shape, dtype, chunks, and the keys under which these lie."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from types import MappingProxyType
from typing import Any

import ml_dtypes
import numpy as np

NAMES = {False: ".zarray", True: "zarr.json"}
"""The key of an array's metadata below its name, by whether it is zarr 3."""


@dataclass(frozen=True)
class ArrayMeta:
    """`chunks` is the shape of one stored chunk; the last ones may reach over the edge."""

    shape: tuple[int, ...]
    dtype: str
    chunks: tuple[int, ...]
    zarr3: bool
    raw: Mapping[str, Any]

    @property
    def grid(self) -> tuple[int, ...]:
        """Returns how many chunks there are along each axis."""
        return tuple(-(-size // chunk) for size, chunk in zip(self.shape, self.chunks, strict=True))

    @property
    def nbytes(self) -> int:
        return prod(self.shape) * item_size(self.dtype)

    @property
    def chunk_bytes(self) -> int:
        """Returns the size of one decoded chunk."""
        return prod(self.chunks) * item_size(self.dtype)

    def coordinates(self) -> Iterator[tuple[int, ...]]:
        return product(*map(range, self.grid))

    def chunk_key(self, place: tuple[int, ...]) -> str:
        """Returns the key of a chunk below the array's name."""
        separator = _separator(self.raw, self.zarr3)
        if not self.zarr3:
            return separator.join(map(str, place)) or "0"
        return separator.join(("c", *map(str, place)))

    def dumps(self) -> bytes:
        return json.dumps(dict(self.raw), separators=(",", ":"), sort_keys=True).encode()


def parse(data: bytes, zarr3: bool) -> ArrayMeta:
    """Reads `.zarray` or `zarr.json`. Raises ValueError that says what is wrong."""
    try:
        raw = json.loads(data)
        shape = _sizes(raw["shape"], least=0)
        chunks = _sizes(
            raw["chunk_grid"]["configuration"]["chunk_shape"] if zarr3 else raw["chunks"], least=1
        )
        dtype = _dtype3(raw["data_type"]) if zarr3 else _dtype2(raw["dtype"])
        if len(shape) != len(chunks):
            raise ValueError("as many sizes of chunks as axes")
        _separator(raw, zarr3)
        _check_codecs(raw, zarr3)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(
            f"{NAMES[zarr3]} is not what Orbax writes: {type(error).__name__} at {error}"
        ) from error
    return ArrayMeta(shape, dtype, chunks, zarr3, MappingProxyType(raw))


def item_size(dtype: str) -> int:
    """Returns the bytes of one stored element; zarr keeps 4-bit numbers in a byte each."""
    return np.dtype(dtype).itemsize


def plain(shape: tuple[int, ...], dtype: str, chunks: tuple[int, ...], zarr3: bool = False) -> ArrayMeta:
    """Returns the metadata of an array whose chunks are its bytes, neither compressed nor reordered."""
    raw = _plain3(shape, dtype, chunks) if zarr3 else _plain2(shape, dtype, chunks)
    return ArrayMeta(shape, dtype, chunks, zarr3, MappingProxyType(raw))


def _plain2(shape: tuple[int, ...], dtype: str, chunks: tuple[int, ...]) -> dict[str, Any]:
    return {
        "chunks": list(chunks),
        "compressor": None,
        "dimension_separator": ".",
        "dtype": _zarr2(dtype),
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


def _check_codecs(raw: Mapping[str, Any], zarr3: bool) -> None:
    """What is looked up in an array's codecs later has to be there."""
    if not zarr3:
        if raw["compressor"] is not None:
            raw["compressor"]["id"].lower()
        return
    if not raw["codecs"]:
        raise ValueError("no codec says how elements are stored")
    for codec in raw["codecs"]:
        codec["name"].lower()
        if codec["name"] == "sharding_indexed":
            _sizes(codec["configuration"]["chunk_shape"], least=1)
            _check_codecs(codec["configuration"], zarr3)


def _sizes(value: Any, least: int) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(size) is int and size >= least for size in value):
        raise ValueError(f"{value!r} are no sizes of an array")
    return tuple(value)


def _separator(raw: Mapping[str, Any], zarr3: bool) -> str:
    if not zarr3:
        separator = raw.get("dimension_separator", ".")
    else:
        encoding = raw["chunk_key_encoding"]
        if encoding["name"] != "default":
            raise ValueError(f"chunk keys of the kind {encoding['name']!r} are not read")
        separator = encoding.get("configuration", {}).get("separator", "/")
    if separator not in (".", "/"):
        raise ValueError(f"{separator!r} separates nothing in zarr")
    return str(separator)


def _dtype2(name: Any) -> str:
    """Reads zarr 2's dtype: NumPy's code such as `<f4`, or TensorStore's name such as `bfloat16`."""
    if not isinstance(name, str):
        raise ValueError(f"{name!r} is no dtype of one number")
    if re.fullmatch(r"[<>|][a-z][0-9]+", name):
        return _known(np.dtype(name).name)
    return _known(name)


def _dtype3(name: Any) -> str:
    return _known(name)


def _zarr2(dtype: str) -> str:
    kind = np.dtype(dtype)
    return dtype if dtype in EXTENDED else kind.newbyteorder("<").str


def _known(name: Any) -> str:
    if not isinstance(name, str) or name not in NUMBERS | EXTENDED:
        raise ValueError(f"{name!r} is no dtype that JAX has")
    return name


EXTENDED = frozenset(
    name for name, kind in vars(ml_dtypes).items() if isinstance(kind, type) and issubclass(kind, np.generic)
)

NUMBERS = frozenset(
    {"bool", "float16", "float32", "float64", "complex64", "complex128"}
    | {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
)
