"""The small files beside the arrays: shardings, and what each array adds to its metadata (kinds of keys)."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .json_file import read_json

SHARDING, ARRAYS = "_sharding", "array_metadatas"
KEY_KIND = "random_key_impl"
ONE_CPU = json.dumps({"sharding_type": "SingleDeviceSharding", "device_str": "cpu:0"})


@dataclass(frozen=True)
class Extra:
    """What `array_metadatas` says about one array."""

    name: str
    write_shape: tuple[int, ...]
    chunk_shape: tuple[int, ...]
    key_impl: str | None = None


def read_shardings(folder: Path) -> Mapping[str, str]:
    """Returns the sharding of each stored name as JSON text; nothing where the file is missing.

    Raises ValueError where the file is not what Orbax writes.
    """
    file = folder / SHARDING
    if not file.exists():
        return MappingProxyType({})
    data = read_json(file)
    if not isinstance(data, dict) or not all(isinstance(text, str) for text in data.values()):
        raise ValueError(f"{SHARDING} is not what Orbax writes: an object of texts")
    try:
        return MappingProxyType({_decoded(key): _checked(text) for key, text in data.items()})
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{SHARDING} is not what Orbax writes: {error}") from error


def write_shardings(folder: Path, shardings: Mapping[str, str]) -> None:
    names = {base64.b64encode(name.encode()).decode(): text for name, text in sorted(shardings.items())}
    (folder / SHARDING).write_text(json.dumps(names, separators=(",", ":")))


def read_key_kinds(folder: Path) -> Mapping[str, str | None] | None:
    """Returns for every array by stored name the implementation of its typed PRNG keys, None if it holds none.

    Returns None where the files are missing. Raises ValueError.
    """
    files = sorted((folder / ARRAYS).glob("process_*"))
    if not files:
        return None
    try:
        entries = [entry["array_metadata"] for file in files for entry in read_json(file)["array_metadatas"]]
        kinds = {entry["param_name"]: _key_kind(entry["ext_metadata"] or {}) for entry in entries}
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{ARRAYS} is not what Orbax writes: {type(error).__name__} at {error}") from error
    return MappingProxyType(kinds)


def _key_kind(extra: Mapping[str, str]) -> str | None:
    if unknown := extra.keys() - {KEY_KIND}:
        raise ValueError(f"{ARRAYS} says {sorted(unknown)} of an array, which this tool does not know")
    return extra.get(KEY_KIND)


def write_extras(folder: Path, extras: Sequence[Extra]) -> None:
    (folder / ARRAYS).mkdir()
    entries = [{"array_metadata": _entry(extra)} for extra in extras]
    (folder / ARRAYS / "process_0").write_text(json.dumps({"array_metadatas": entries}))


def inserted(sharding: str, axis: int) -> str:
    """Returns the sharding of stacked arrays: the new axis is not split."""
    return _with_spec(sharding, lambda spec: [*spec[:axis], None, *spec[axis:]] if axis < len(spec) else spec)


def removed(sharding: str, axis: int) -> str:
    """Returns the sharding of one layer of a stacked array."""
    return _with_spec(sharding, lambda spec: [*spec[:axis], *spec[axis + 1 :]])


def _with_spec(sharding: str, change: Any) -> str:
    data = json.loads(sharding)
    if isinstance(data.get("partition_spec"), list):
        data["partition_spec"] = change(data["partition_spec"])
    return json.dumps(data)


def _entry(extra: Extra) -> dict[str, Any]:
    return {
        "param_name": extra.name,
        "write_shape": list(extra.write_shape),
        "chunk_shape": list(extra.chunk_shape),
        "ext_metadata": {KEY_KIND: extra.key_impl} if extra.key_impl else None,
    }


def _decoded(key: str) -> str:
    return base64.b64decode(key, validate=True).decode()


def _checked(text: str) -> str:
    if not isinstance(json.loads(text), dict):
        raise ValueError(f"{text!r} is no sharding")
    return text
