"""Parts of leaves that can only be read from their start: what follows the last part costs no second reading."""

from collections.abc import Iterator
from itertools import takewhile
from math import prod
from typing import Any, Protocol

import numpy as np

from .errors import CheckpointError
from .records import DiskPath

Array = np.ndarray[Any, Any]
Box = tuple[slice, ...]


class Streamed(Protocol):
    """What gives leaves as pieces in C order."""

    def data(self, leaf: DiskPath) -> tuple[tuple[int, ...], str]: ...
    def pieces(self, leaf: DiskPath, limit: int) -> Iterator[Array]: ...


def is_run(box: Box, shape: tuple[int, ...]) -> bool:
    """Whether the elements of a box follow each other in C order."""
    behind = zip(box[_leading(box) + 1 :], shape[_leading(box) + 1 :], strict=True)
    return all(side == slice(0, size) for side, size in behind)


def _leading(box: Box) -> int:
    """Returns how many axes the box has a single place on before it extends."""
    return len(list(takewhile(lambda side: side.stop - side.start == 1, box)))


class Runs:
    """Reads parts of a leaf; remembers where it stands in the leaf that was read last."""

    def __init__(self, source: Streamed) -> None:
        self._source = source
        self._leaf: DiskPath | None = None
        self._position, self._rest = 0, np.empty(0)
        self._pieces: Iterator[Array] = iter(())

    def region(self, leaf: DiskPath, box: Box, limit: int) -> Array:
        """Returns a part of a leaf, by way of the elements from its first to its last."""
        shape, dtype = self._source.data(leaf)
        sizes = [side.stop - side.start for side in box]
        if 0 in sizes:
            return np.empty(sizes, np.dtype(dtype))
        axis = min(_leading(box), max(0, len(shape) - 1))
        row = prod(shape[axis + 1 :])
        first = sum(box[i].start * prod(shape[i + 1 :]) for i in range(axis))
        start, stop = (box[axis].start, box[axis].stop) if shape else (0, 1)
        values = self._run(leaf, first + start * row, first + stop * row, limit, np.dtype(dtype))
        rows = values.reshape(stop - start, *shape[axis + 1 :])
        return rows[(slice(None), *box[axis + 1 :])].reshape(sizes)

    def _run(self, leaf: DiskPath, start: int, stop: int, limit: int, dtype: Any) -> Array:
        if leaf != self._leaf or start < self._position:
            self._leaf, self._position, self._rest = leaf, 0, np.empty(0, dtype)
            self._pieces = self._source.pieces(leaf, limit)
        out, filled = np.empty(stop - start, dtype), 0
        while filled < out.size:
            if not self._rest.size:
                self._rest = self._next()
            skip = min(start - self._position, self._rest.size) if start > self._position else 0
            part = self._rest[skip : skip + out.size - filled]
            out[filled : filled + part.size] = part
            self._position += skip + part.size
            self._rest, filled = self._rest[skip + part.size :], filled + part.size
        return out

    def _next(self) -> Array:
        piece = next(self._pieces, None)
        if piece is None:
            raise CheckpointError(f"{self._leaf} ends after {self._position} elements")
        return piece
