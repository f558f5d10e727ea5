"""Writes safetensors array by array: the header is known before the first of them is read."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import BinaryIO

import numpy as np

from .dtypes import checked_size, numpy_dtype
from .limits import MAX_TEXT, shown
from .names import check_separator, split_names
from .records import FormatError, Piece, StoredArray
from .safetensors_dtypes import SAFETENSORS_DTYPES, SEPARATOR_KEY
from .safetensors_header import LENGTH, check_text

_TAGS = {name: tag for tag, name in SAFETENSORS_DTYPES.items()}


def write_safetensors(
    file: BinaryIO,
    arrays: Iterable[tuple[StoredArray, Iterable[Piece]]],
    header: Sequence[StoredArray],
    separator: str,
    metadata: Mapping[str, str],
) -> None:
    """Writes `arrays`, which have to come in the order of `header`, each as pieces in C order.

    Names are paths joined with `separator`, which is noted in the metadata. What cannot be stored (dtypes
    that the format lacks, names with the separator in them) raises FormatError before anything is written;
    arrays that are not as the header says raise it when they come. Errors of `file` are passed on.
    """
    _write(file, safetensors_header(header, separator, metadata))
    expected = iter(header)
    for array, pieces in arrays:
        if array != (due := next(expected, None)):
            raise FormatError(f"the header has {due} here, but {array} came")
        _write_array(file, array, pieces)
    if (missing := next(expected, None)) is not None:
        raise FormatError(f"{missing} is in the header, but did not come")


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
        view = view[file.write(view) :]  # an unbuffered file may take less than all


def safetensors_header(arrays: Sequence[StoredArray], separator: str, metadata: Mapping[str, str]) -> bytes:
    """Returns the length and the header, padded to eight bytes. Raises FormatError for what cannot be stored."""
    check_separator(separator)
    entries: dict[str, object] = {"__metadata__": {**_checked(metadata), SEPARATOR_KEY: separator}}
    begin = 0
    for array in arrays:
        if (name := _name(array, separator)) in entries:
            raise FormatError(f"two arrays would be stored as {shown(name)}")
        entries[name] = _entry(array, begin)
        begin += array.nbytes
    split_names([name for name in entries if name != "__metadata__"], separator)
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    if len(text) > MAX_TEXT:
        raise FormatError(f"the header would have {len(text)} bytes; at most {MAX_TEXT} can be read again")
    return len(text).to_bytes(LENGTH, "little") + text


def _checked(metadata: Mapping[str, str]) -> Mapping[str, str]:
    for text in (*metadata, *metadata.values()):
        check_text(text)
    if SEPARATOR_KEY in metadata:
        raise FormatError(f"the metadata {SEPARATOR_KEY!r} is written from the separator")
    return metadata


def _name(array: StoredArray, separator: str) -> str:
    name = separator.join(array.path)
    check_text(name)
    if not array.path or tuple(name.split(separator)) != array.path or name == "__metadata__":
        raise FormatError(f"the path {shown(array.path)} cannot be a name joined with {separator!r}")
    return name


def _entry(array: StoredArray, begin: int) -> dict[str, object]:
    if array.dtype not in _TAGS:
        raise FormatError(
            f"safetensors has no dtype {shown(array.dtype)} ({shown(array.path)}); it has {', '.join(_TAGS)}"
        )
    shape = checked_size(array.shape, array.dtype, array.nbytes)
    offsets = [begin, begin + array.nbytes]
    return {"dtype": _TAGS[array.dtype], "shape": list(shape), "data_offsets": offsets}
