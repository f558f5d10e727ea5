"""What the header of a new safetensors file says, and where each array goes."""

import json
from collections.abc import Mapping, Sequence

from .bounded_json import check_text
from .dtypes import checked_size, numpy_dtype
from .limits import MAX_TEXT, shown
from .names import check_separator, split_names
from .records import FormatError, StoredArray
from .safetensors_dtypes import SAFETENSORS_DTYPES, SEPARATOR_KEY
from .safetensors_header import LENGTH

_TAGS = {name: tag for tag, name in SAFETENSORS_DTYPES.items()}


def data_offsets(arrays: Sequence[StoredArray]) -> list[int]:
    """Returns where the data of each array begins, counted from the end of the header.

    Those with the widest elements are laid first, else in the given order: so each begins at a multiple of
    its element size, without which readers that map the file fail.
    """
    widest_first = sorted(range(len(arrays)), key=lambda i: -numpy_dtype(arrays[i].dtype).itemsize)
    offsets, end = [0] * len(arrays), 0
    for place in widest_first:
        offsets[place], end = end, end + arrays[place].nbytes
    return offsets


def safetensors_header(arrays: Sequence[StoredArray], separator: str, metadata: Mapping[str, str]) -> bytes:
    """Returns the length and the header, padded to eight bytes. Raises FormatError for what cannot be stored."""
    check_separator(separator)
    entries: dict[str, object] = {"__metadata__": {**_checked(metadata), SEPARATOR_KEY: separator}}
    for array, offset in zip(arrays, data_offsets(arrays), strict=True):
        if (name := _name(array, separator)) in entries:
            raise FormatError(f"two arrays would be stored as {shown(name)}")
        entries[name] = _entry(array, offset)
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
