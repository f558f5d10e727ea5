"""The metadata of one array, zarr 2 or 3: shape, dtype, chunks, and the keys under which these lie."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod
from types import MappingProxyType
from typing import Any

from .zarr_dtypes import from_zarr2, item_size, known

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


@lru_cache(4096)
def parse(data: bytes, zarr3: bool) -> ArrayMeta:
    """Reads `.zarray` or `zarr.json`. Raises ValueError that says what is wrong.

    Thousands of leaves have the same few metadata, which are read and held once.
    """
    try:
        raw = json.loads(data)
        shape = _sizes(raw["shape"], least=0)
        chunks = _sizes(
            raw["chunk_grid"]["configuration"]["chunk_shape"] if zarr3 else raw["chunks"], least=1
        )
        dtype = known(raw["data_type"]) if zarr3 else from_zarr2(raw["dtype"])
        if len(shape) != len(chunks):
            raise ValueError("as many sizes of chunks as axes")
        _separator(raw, zarr3)
        _check_codecs(raw, zarr3)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(
            f"{NAMES[zarr3]} is not what Orbax writes: {type(error).__name__} at {error}"
        ) from error
    return ArrayMeta(shape, dtype, chunks, zarr3, MappingProxyType(raw))


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
