"""Writes safetensors array by array: the header is known before the first of them is read."""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import BinaryIO

import numpy as np

from .dtypes import numpy_dtype
from .records import FormatError, Piece, StoredArray
from .safetensors_layout import data_offsets, safetensors_header


def write_safetensors(
    file: BinaryIO,
    arrays: Iterable[tuple[StoredArray, Iterable[Piece]]],
    header: Sequence[StoredArray],
    separator: str,
    metadata: Mapping[str, str],
) -> None:
    """Writes `arrays`, which have to come in the order of `header`, each as pieces in C order.

    Names are paths joined with `separator`, which is noted in the metadata. In the file the arrays lie by the
    size of their elements, so `file` has to be able to seek. What cannot be stored (dtypes that the format
    lacks, names with the separator in them) raises FormatError before anything is written; arrays that are
    not as the header says raise it when they come. Errors of `file` are passed on.
    """
    _write(file, safetensors_header(header, separator, metadata))
    due = zip(header, data_offsets(header), strict=True)
    end = 0
    for array, pieces in arrays:
        expected, offset = next(due, (None, 0))
        if array != expected:
            raise FormatError(f"{expected or 'nothing more'} should come here, but {array} came")
        _move(file, offset - end)
        _write_array(file, array, pieces)
        end = offset + array.nbytes
    for missing, _ in due:
        raise FormatError(f"{missing} is in the header, but did not come")
    _move(file, sum(array.nbytes for array in header) - end)


def _move(file: BinaryIO, distance: int) -> None:
    if distance:
        file.seek(distance, os.SEEK_CUR)


def _write_array(file: BinaryIO, array: StoredArray, pieces: Iterable[Piece]) -> None:
    dtype, written = numpy_dtype(array.dtype), 0
    for piece in pieces:
        if piece.dtype != dtype:  # also where only the byte order differs
            raise FormatError(f"a piece of {array} is of {piece.dtype}")
        written += piece.nbytes
        if written > array.nbytes:
            raise FormatError(f"{array} has more data than its header says")
        if piece.nbytes:
            _write(file, np.ascontiguousarray(piece).reshape(-1).view(np.uint8).data)
    if written != array.nbytes:
        raise FormatError(f"{array} came with {written} bytes only")


def _write(file: BinaryIO, data: bytes | memoryview) -> None:
    view = memoryview(data)
    while view:
        taken = file.write(view)  # an unbuffered file may take less than all
        if not taken:
            raise OSError(f"the file takes no more; {len(view)} bytes are left")
        view = view[taken:]
