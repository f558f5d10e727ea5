"""The leaves of Flax's msgpack files: numbers, and the extensions in which flax.serialization packs arrays."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from .dtypes import checked_size
from .limits import MAX_DIMS, shown
from .msgpack_tokens import Cursor, Kind, Token
from .records import Content, FormatError, Piece, StoredArray
from .source import Extents


class Extension(IntEnum):
    """The codes of flax.serialization."""

    NDARRAY = 1
    COMPLEX = 2
    NPSCALAR = 3


_CODES = frozenset(Extension)


@dataclass(frozen=True)
class Number:
    """A number that was read with the index."""

    value: "np.generic[Any]"

    def pieces(self, array: StoredArray, limit: int) -> Iterator[Piece]:  # noqa: ARG002 - the limit is at least 16
        yield np.full(1, self.value)


@dataclass(frozen=True)
class Leaf:
    """An array or number without its path."""

    shape: tuple[int, ...]
    dtype: str
    nbytes: int
    scalar: bool
    content: Content

    def at(self, path: tuple[str, ...]) -> StoredArray:
        return StoredArray(path, self.shape, self.dtype, self.nbytes, self.scalar)


Node = Leaf | str | dict[str, "Node"] | tuple["Node", ...] | None
"""A tree as it lies in the file; a tuple is a list of msgpack."""


def read_number(token: Token) -> Leaf:
    """Returns a bool, integer or float of Python with the dtype that NumPy gives it."""
    if token.kind is Kind.BOOL:
        return _number(np.bool_(token.value))
    if token.kind is Kind.FLOAT:
        return _number(np.float64(token.value))
    return _number(np.uint64(token.value) if token.value >= 1 << 63 else np.int64(token.value))


def _number(value: "np.generic[Any]") -> Leaf:
    return Leaf((), value.dtype.name, value.nbytes, True, Number(value))


def read_extension(cursor: Cursor, token: Token) -> Leaf:
    """Returns the array or number; `cursor` stands behind the head of the extension. Raises FormatError."""
    end = cursor.position + token.length
    if token.length > cursor.left():
        raise cursor.error(f"an extension of {token.length} bytes, but the file ends at {cursor.source.size}")
    if token.code not in _CODES:
        raise cursor.error(f"extension {token.code} is none that Flax writes (1, 2, 3)", token.offset)
    leaf = _complex(cursor) if token.code == Extension.COMPLEX else _array(cursor)
    if cursor.position != end:
        raise cursor.error(
            f"what the extension holds ends at {cursor.position}, it itself at {end}", token.offset
        )
    if token.code == Extension.NPSCALAR and leaf.shape:
        raise cursor.error(f"a NumPy scalar with the shape {shown(leaf.shape)}", token.offset)
    return leaf


def _complex(cursor: Cursor) -> Leaf:
    if cursor.expect(Kind.LIST, "a complex number").value != 2:
        raise cursor.error("a complex number has to have two parts")
    real, imag = (cursor.expect(Kind.FLOAT, "a part of a complex number").value for _ in "ri")
    return _number(np.complex128(complex(real, imag)))


def _array(cursor: Cursor) -> Leaf:
    if cursor.expect(Kind.LIST, "an array").value != 3:
        raise cursor.error("an array has to be a list of shape, dtype and bytes")
    shape, dtype = _shape(cursor), _dtype(cursor)
    data = cursor.expect(Kind.BIN, "the data of an array")
    start = cursor.skip(data.length)
    try:
        dims = checked_size(shape, dtype, data.length)
    except FormatError as error:
        raise cursor.error(str(error), data.offset) from None
    return Leaf(dims, dtype, data.length, False, Extents(cursor.source, ((start, data.length),)))


def _shape(cursor: Cursor) -> list[int | float]:
    token = cursor.expect(Kind.LIST, "a shape")
    if token.length > MAX_DIMS:
        raise cursor.error(
            f"the shape has {token.length} dimensions; at most {MAX_DIMS} are possible", token.offset
        )
    return [cursor.expect(Kind.INT, "a dimension").value for _ in range(token.length)]


def _dtype(cursor: Cursor) -> str:
    token = cursor.expect(Kind.STR, "a dtype")
    if token.length > 64:
        raise cursor.error(f"the name of a dtype with {token.length} bytes", token.offset)
    return cursor.take(token.length).decode("latin-1")
