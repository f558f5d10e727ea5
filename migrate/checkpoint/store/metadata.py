"""`_METADATA`: the tree of a checkpoint, with the path of every leaf as a list. It is the truth about names."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..records import DiskPath
from .json_file import read_json

FILE = "_METADATA"
SEQUENCE, DICT = 1, 2
"""Orbax's types of keys: a place in a list or tuple, a key of a dict or a field of a dataclass."""

NO_DATA = frozenset({"None", "Dict", "List", "Tuple", "NamedTuple"})
"""Value types of empty nodes: None, optax's EmptyState, an empty dict."""

SCALAR, ARRAY = "scalar", "jax.Array"
ARRAYS = frozenset({SCALAR, ARRAY, "np.ndarray"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One leaf of the tree as `_METADATA` lists it."""

    path: DiskPath
    kind: str
    shape: tuple[int, ...] | None = None

    @property
    def empty(self) -> bool:
        return self.kind in NO_DATA


@dataclass(frozen=True)
class Metadata:
    """`dense` promises that chunks are stored even where they only hold the fill value."""

    entries: tuple[Entry, ...]
    ocdbt: bool
    zarr3: bool
    dense: bool


def read_metadata(folder: Path) -> Metadata:
    """Reads the file. Raises OSError, or ValueError that says what is wrong with it."""
    try:
        data = read_json(folder / FILE)
        entries = tuple(_entry(about) for about in data["tree_metadata"].values())
        flags = (data.get(name, default) for name, default in FLAGS.items())
        ocdbt, zarr3, dense = (_flag(value) for value in flags)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{FILE} is not what Orbax writes: {type(error).__name__} at {error}") from error
    return Metadata(entries, ocdbt, zarr3, dense)


FLAGS = {"use_ocdbt": True, "use_zarr3": False, "store_array_data_equal_to_fill_value": False}


def write_metadata(folder: Path, metadata: Metadata) -> None:
    """Writes the file as Orbax does."""
    tree = {str(tuple(map(str, entry.path))): _as_json(entry) for entry in metadata.entries}
    values = (metadata.ocdbt, metadata.zarr3, metadata.dense)
    data = {"tree_metadata": tree, **dict(zip(FLAGS, values, strict=True)), "custom_metadata": None}
    (folder / FILE).write_text(json.dumps(data))


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r}, which is neither true nor false")
    return value


def _entry(about: Mapping[str, Any]) -> Entry:
    path = tuple(_element(key["key"], key["key_type"]) for key in about["key_metadata"])
    value = about["value_metadata"]
    kind, shape = value["value_type"], value.get("write_shape")
    if kind not in NO_DATA | ARRAYS:
        raise ValueError(f"{path} is a {kind!r} and no array: this tool converts arrays and numbers only")
    return Entry(path, kind, None if shape is None else tuple(map(int, shape)))


def _element(key: Any, kind: Any) -> str | int:
    if not isinstance(key, str) or kind not in (SEQUENCE, DICT):
        raise TypeError(f"the key {key!r} of type {kind!r}")
    return int(key) if kind == SEQUENCE else key


def _as_json(entry: Entry) -> dict[str, Any]:
    value: dict[str, Any] = {"value_type": entry.kind, "skip_deserialize": entry.empty}
    if entry.kind == ARRAY:
        value["write_shape"] = list(entry.shape or ())
    return {"key_metadata": list(_keys(entry.path)), "value_metadata": value}


def _keys(path: DiskPath) -> Iterable[dict[str, Any]]:
    for element in path:
        yield {"key": str(element), "key_type": SEQUENCE if isinstance(element, int) else DICT}
