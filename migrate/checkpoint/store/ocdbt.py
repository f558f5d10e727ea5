"""OCDBT databases: which key refers to which bytes of which file. Reads the tree's nodes, never the data."""

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

import tensorstore as ts

from .values import Index, Ref, Value

MANIFEST = "manifest.ocdbt"
PROCESS = "ocdbt.process_*"
INLINE = 1024
"""Values up to so many bytes lie in the tree itself, as Orbax has it."""


def context() -> Any:
    """Returns what stores have to share so that TensorStore copies between them by reference."""
    return ts.Context({"file_io_sync": False, "cache_pool": {"total_bytes_limit": 0}})


def open_database(folder: Path, shared: Any) -> Any:
    """Opens or creates the database of a folder."""
    spec = {"driver": "ocdbt", "base": url(folder), "config": {"max_inline_value_bytes": INLINE}}
    if (folder / MANIFEST).exists():
        del spec["config"]
    return ts.KvStore.open(spec, context=shared).result()


def url(folder: Path) -> dict[str, str]:
    return {"driver": "file", "path": f"{folder}/"}


def read_index(folder: Path) -> Index:
    """Returns every key of the database's newest version. Raises ValueError where it cannot be read."""
    entries = (entry for _, prefix, found in _nodes(folder) for entry in _values(prefix, found))
    return MappingProxyType({key.decode("utf-8", "surrogateescape"): value for key, value in entries})


def node_files(folder: Path) -> frozenset[str]:
    """Returns the files that hold the nodes of the database's tree."""
    return frozenset(_file(location) for location, _, _ in _nodes(folder))


def _nodes(folder: Path) -> Iterator[tuple[str, bytes, Any]]:
    """Yields every node of the newest version: its location, the prefix of its keys, its entries."""
    base = ts.KvStore.open(url(folder)).result()
    root = ts.ocdbt.dump(base).result()["versions"][-1]["root"]
    ahead = [(root["location"], b"", 0)] if "location" in root else []
    while ahead:
        location, prefix, depth = ahead.pop()
        if depth > DEEPEST:
            raise ValueError("the tree of the database is deeper than any that TensorStore writes")
        _file(location)
        entries = ts.ocdbt.dump(base, location).result()["entries"]
        yield location, prefix, entries
        below = (entry for entry in entries if "location" in entry)
        ahead += ((entry["location"], prefix + entry["subtree_common_prefix"], depth + 1) for entry in below)


def _values(prefix: bytes, entries: Any) -> Iterator[tuple[bytes, Value]]:
    yield from ((prefix + entry["key"], _value(entry)) for entry in entries if "location" not in entry)


DEEPEST = 64


def _value(entry: dict[str, Any]) -> Value:
    if "inline_value" in entry:
        return bytes(entry["inline_value"])
    location = entry["indirect_value"]
    _, _, _, offset, length = location.split(":")
    return Ref(_file(location), int(offset), int(length))


def _file(location: str) -> str:
    """Returns the file of a location such as `value:ocdbt.process_0/:d/ab12:0:64`; it has to be below the base."""
    _, folder, file, _, _ = location.split(":")
    name = unquote(folder) + unquote(file)
    if name.startswith("/") or "\0" in name or ".." in name.split("/"):
        raise ValueError(f"the database refers to {name!r}, outside of the checkpoint")
    return name
