"""The index of a safetensors file: every byte behind the header belongs to exactly one array."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from .dtypes import checked_size
from .limits import MAX_NODES, shown
from .names import chosen_separator, split_names
from .records import Content, FormatError, Index, Path, StoredArray
from .safetensors_dtypes import PACKED, SAFETENSORS_DTYPES, SEPARATOR_KEY
from .safetensors_header import LENGTH, checked_metadata, read_header
from .source import Extents, Source


class _Entry(NamedTuple):
    begin: int
    end: int
    name: str
    shape: tuple[int, ...]
    dtype: str

    def at(self, path: Path) -> StoredArray:
        return StoredArray(path, self.shape, self.dtype, self.end - self.begin)


def index_safetensors(source: Source, separator: str | None = None) -> Index:
    """Returns where each array is; its name is split by `separator`, by default the one the names have.

    Raises FormatError for what the safetensors library refuses, and for packed dtypes.
    """
    header, data = read_header(source)
    try:
        metadata = dict(checked_metadata(header.pop("__metadata__", {})))
        noted = metadata.pop(SEPARATOR_KEY, None)
        entries = _entries(header, source.size - data)
        names = [entry.name for entry in entries]
        sign = chosen_separator(names, separator, noted)
        paths = split_names(names, sign)
    except FormatError as error:
        raise source.error(LENGTH, str(error)) from None
    contents: dict[StoredArray, Content] = {
        entry.at(path): Extents(source, ((data + entry.begin, entry.end - entry.begin),))
        for path, entry in zip(paths, entries, strict=True)
    }
    return Index("safetensors", contents, (), metadata, sign)


def _entries(header: dict[str, Any], size: int) -> list[_Entry]:
    if len(header) > MAX_NODES:
        raise FormatError(f"{len(header)} arrays; at most {MAX_NODES} are read")
    entries = [_entry(name, found) for name, found in header.items()]
    _check_cover(entries, size)
    return entries


def _check_cover(entries: Sequence[_Entry], size: int) -> None:
    end = 0
    for entry in sorted(entries):
        if entry.begin != end:
            what = (
                "overlaps the array before it"
                if entry.begin < end
                else f"leaves a gap of {entry.begin - end}"
            )
            raise FormatError(f"the array {shown(entry.name)} at {entry.begin} {what} (data offset {end})")
        end = entry.end
    if end != size:
        raise FormatError(f"the arrays end at data offset {end}, but the data has {size} bytes")


def _entry(name: str, found: Any) -> _Entry:
    if not isinstance(found, dict) or set(found) != {"dtype", "shape", "data_offsets"}:
        raise FormatError(f"the array {shown(name)} has to have dtype, shape and data_offsets")
    begin, end = _offsets(name, found["data_offsets"])
    dtype, shape = _dtype(name, found["dtype"]), found["shape"]
    if not isinstance(shape, list):
        raise FormatError(f"the shape of {shown(name)} has to be a list")
    try:
        return _Entry(begin, end, name, checked_size(shape, dtype, end - begin), dtype)
    except FormatError as error:
        raise FormatError(f"array {shown(name)}: {error}") from None


def _offsets(name: str, found: Any) -> tuple[int, int]:
    match found:
        case [begin, end] if type(begin) is int and type(end) is int and 0 <= begin <= end:
            return begin, end
    raise FormatError(f"data_offsets of {shown(name)} have to be [begin, end], not {shown(found)}")


def _dtype(name: str, tag: Any) -> str:
    if not isinstance(tag, str):
        raise FormatError(f"the dtype of {shown(name)} has to be a string")
    if tag in SAFETENSORS_DTYPES:
        return SAFETENSORS_DTYPES[tag]
    why = "packs several elements into a byte" if tag in PACKED else "is unknown here"
    raise FormatError(
        f"the dtype {shown(tag)} of {shown(name)} {why}; known: {', '.join(SAFETENSORS_DTYPES)}"
    )
