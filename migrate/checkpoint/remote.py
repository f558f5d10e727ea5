"""Object stores, by TensorStore's own drivers: what is there is fetched, what was made is sent, byte for byte."""

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import tensorstore as ts
import xxhash

from .errors import CheckpointError
from .locate import locate, locate_all

SCHEMES = ("gs://", "s3://")
PIECE = 32 << 20
RETRIES = {"max_retries": 6, "initial_delay": "1s", "max_delay": "8s"}
PATIENCE = {"s3_request_retries": RETRIES, "gcs_request_retries": RETRIES}
"""Half a minute, where TensorStore alone would try for a quarter of an hour. A spec may say otherwise (`context`)."""

LAST = ("_METADATA", "_CHECKPOINT_METADATA", "commit_success.txt")
"""What makes a folder of objects a checkpoint: sent when all else is there."""


def is_remote(place: object) -> bool:
    """Whether a path is one of an object store: a URL, or a TensorStore spec as JSON."""
    return str(place).startswith((*SCHEMES, "{"))


def fetch(place: str, folder: Path, step: int | None, item: str | None, all_steps: bool) -> Path:
    """Copies the checkpoint that is meant to a local folder; returns the path to convert there.

    Raises CheckpointError.
    """
    store = _opened(place)
    keys = _listed(store, place)
    if not keys:
        raise CheckpointError(f"cannot read {place}: there is nothing below it")
    for key in keys:  # which checkpoint is meant is decided by names alone
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).touch()
    found = locate_all(folder, item) if all_steps else (locate(folder, step, item),)
    names = [one.name for one in found]
    for key in keys:
        if any(not name or key == name or key.startswith(f"{name}/") for name in names):
            with (folder / key).open("wb") as file:
                for data in _read(store, key):
                    file.write(data)
    return folder if all_steps else found[0].path


def refuse_existing(place: str) -> None:
    """Raises CheckpointError where there is anything below the place."""
    if _listed(_opened(place), place):
        raise CheckpointError(
            f"DST {place} exists and is never overwritten: remove it or choose another name"
        )


def send(folder: Path, place: str, memory: int) -> None:
    """Copies a finished checkpoint to an object store and reads it back. Raises CheckpointError.

    The files that make it a checkpoint come last: until then, what is there is none.
    """
    store = _opened(place)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if large := [path for path in files if path.stat().st_size > memory // 2]:
        size = large[0].stat().st_size >> 20
        raise CheckpointError(
            f"{large[0].name} is an object of {size} MB, which is written at once: give --memory {2 * size + 100}M"
        )
    for path in sorted(files, key=lambda path: path.name in LAST):
        key = path.relative_to(folder).as_posix()
        _waited(store.write(key, path.read_bytes()), place)
        if _digest(_read(store, key)) != _digest([path.read_bytes()]):
            raise CheckpointError(f"{place}: {key} is not what was sent")


def _opened(place: str) -> Any:
    try:
        return ts.KvStore.open(_spec(place), context=ts.Context(PATIENCE)).result()
    except (ValueError, OSError, RuntimeError) as error:
        raise CheckpointError(f"cannot reach {place}: {_first_line(error)}") from error


def _spec(place: str) -> Any:
    if not place.startswith("{"):
        return f"{place.rstrip('/')}/"
    try:
        spec = json.loads(place)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{place} is no TensorStore spec: {error}") from error
    return spec | {"path": f"{str(spec.get('path', '')).rstrip('/')}/"}


def _listed(store: Any, place: str) -> list[str]:
    keys = sorted(key.decode("utf-8", "surrogateescape") for key in _waited(store.list(), place))
    for key in keys:
        parts = PurePosixPath(key).parts
        if key.startswith("/") or ".." in parts or "\0" in key:
            raise CheckpointError(f"{place} holds the object {key!r}, which would leave the checkpoint")
    return [key for key in keys if not key.endswith("/")]


def _read(store: Any, key: str) -> Iterator[bytes]:
    """Yields an object in pieces. A range that reaches over its end is refused by the drivers."""
    start = 0
    while data := _range(store, key, start, start + PIECE):
        yield data
        start += PIECE
    if tail := _range(store, key, start, None):
        yield tail


def _range(store: Any, key: str, start: int, stop: int | None) -> bytes:
    """Returns a part of an object, nothing where it ends before `stop` or has nothing from `start`."""
    try:
        found = store.read(key, byte_range=slice(start, stop) if start or stop else None).result()
    except (ValueError, OSError, RuntimeError) as error:
        if "OUT_OF_RANGE" in str(error):
            return b""
        raise CheckpointError(f"cannot read {key}: {_first_line(error)}") from error
    if found.state != "value":
        raise CheckpointError(f"cannot read {key}: it is gone")
    return bytes(found.value)


def _digest(pieces: Any) -> str:
    state = xxhash.xxh3_128()
    for piece in pieces:
        state.update(piece)
    return state.hexdigest()


def _waited(future: Any, place: str) -> Any:
    try:
        return future.result()
    except (ValueError, OSError, RuntimeError) as error:
        raise CheckpointError(f"cannot reach {place}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:300]
