"""Arrays that are stored column by column (Fortran order), in C order and without ever being whole in memory."""

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

import numpy as np

from .records import Piece

BAND = 32 << 20
"""Bytes of rows that are gathered at a time; two bands are in memory when one follows the other."""

_BLOCK = 1 << 20
# Reading on costs less than a jump where more than a quarter is wanted, or less than a disk page at a time.
_WORTH_A_JUMP, _RUN = 4, 1 << 10

Fetch = Callable[[int, int], Piece]
"""(first element in the order of the file, count) to these elements."""


def c_order(fetch: Fetch, shape: tuple[int, ...], dtype: np.dtype[Any], limit: int) -> Iterator[Piece]:
    """Yields the elements in C order, in 1-d pieces of at most `limit` bytes.

    Gathers band after band: as many rows along `axis` as fit, at each place on the axes before it. Within a
    band `fetch` only moves forward.
    """
    if not prod(shape):
        return
    axis = next(k for k in range(max(len(shape), 1)) if prod(shape[k + 1 :]) * dtype.itemsize <= BAND)
    for band in _bands(fetch, shape or (1,), dtype, axis):
        yield from _cut(band, shape[axis + 1 :], limit)


def _bands(fetch: Fetch, shape: tuple[int, ...], dtype: np.dtype[Any], axis: int) -> Iterator[Piece]:
    stride, rest = prod(shape[:axis]), prod(shape[axis + 1 :])
    rows = max(1, BAND // (max(rest, stride) * dtype.itemsize))
    for lead in np.ndindex(shape[:axis]):
        first = sum(place * prod(shape[:k]) for k, place in enumerate(lead))
        for begin in range(0, shape[axis], rows):
            end = min(begin + rows, shape[axis])
            band = np.empty((end - begin, rest), dtype)
            _gather(fetch, band, (shape[axis], stride), first, begin)
            yield band


def _gather(fetch: Fetch, band: Piece, column: tuple[int, int], first: int, begin: int) -> None:
    """Fills `band` (rows, columns) with the rows from `begin` on at place `first` of `stride`.

    Columns are fetched whole, several with one read, or only their rows where that leaves out much.
    """
    length, stride = column
    rows, count = band.shape
    whole, part = length * stride * band.itemsize, rows * stride * band.itemsize
    jumps = whole > _BLOCK or (whole >= part * _WORTH_A_JUMP and part >= _RUN)
    at_once = max(1, _BLOCK // (part if jumps else whole))
    for start in range(0, count, at_once):
        columns = range(start, min(start + at_once, count))
        if jumps:
            read = [fetch((place * length + begin) * stride, rows * stride) for place in columns]
            block = np.stack(read).reshape(len(columns), rows, stride)
        else:
            block = fetch(start * length * stride, len(columns) * length * stride)
            block = block.reshape(len(columns), length, stride)[:, begin : begin + rows]
        band[:, start : columns.stop] = block[:, :, first].T


def _cut(band: Piece, inner: tuple[int, ...], limit: int) -> Iterator[Piece]:
    """Yields the rows of a band, whose columns are in Fortran order of `inner`, in C order."""
    step = limit // band.itemsize
    rows = max(1, step // max(band.shape[1], 1))
    for start in range(0, band.shape[0], rows):
        part = band[start : start + rows]
        flat = part.reshape(len(part), *inner[::-1]).transpose(0, *range(len(inner), 0, -1)).reshape(-1)
        for begin in range(0, flat.size, step):
            yield flat[begin : begin + step]
