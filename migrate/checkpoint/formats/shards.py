"""A checkpoint of several files beside an index that names them, as Hugging Face repositories ship: `weight_map`
in `flax_model.msgpack.index.json` or `model.safetensors.index.json`.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any

from .bounded_json import parse_object
from .limits import MAX_TEXT, shown
from .names import check_tree, chosen_separator
from .records import Content, FileStore, FormatError, Index, StoredArray
from .source import Source

_MAX_SHARDS = 500  # each is an open file

Open = Callable[[FilePath, str | None], FileStore]


class Shards:
    """The open files behind one index."""

    def __init__(self, source: Source, stores: Sequence[FileStore]) -> None:
        self._source, self._stores = source, stores

    def check_unchanged(self) -> None:
        for store in self._stores:
            store.origin.check_unchanged()

    def close(self) -> None:
        for store in self._stores:
            store.close()
        self._source.close()


def open_shards(source: Source, separator: str | None, open_one: Open) -> FileStore:
    """Opens every file that the index names. Raises FormatError where they do not hold exactly what it says."""
    wanted = _wanted(source)
    stores: list[FileStore] = []
    try:
        sign = chosen_separator([name for names in wanted.values() for name in names], separator)
        for shard, names in wanted.items():
            stores.append(_opened(source.path.parent / shard, sign, open_one))
            _check_names(shard, _names(stores[-1]), names)
        return FileStore(Shards(source, stores), _merged(stores))
    except BaseException as error:
        for store in stores:
            store.close()
        if isinstance(error, FormatError) and str(source.path.parent) not in str(error):
            raise FormatError(f"{source.path}: {error}") from None
        raise


def _wanted(source: Source) -> dict[str, set[str]]:
    """Returns the names of the arrays in each shard, in the order in which the index first names a shard."""
    if source.size > MAX_TEXT:
        raise source.error(0, f"an index of {source.size} bytes; at most {MAX_TEXT} are read")
    try:
        found = parse_object(source.read(0, source.size))
        weight_map = found.get("weight_map")
        if not isinstance(weight_map, dict) or not weight_map:
            raise FormatError("it has no weight_map, so it is no index of a checkpoint")
        wanted: dict[str, set[str]] = {}
        for name, shard in weight_map.items():
            wanted.setdefault(_checked(shard), set()).add(name)
        if len(wanted) > _MAX_SHARDS:
            raise FormatError(f"{len(wanted)} files; at most {_MAX_SHARDS} are opened")
    except FormatError as error:
        raise source.error(0, str(error)) from None
    return wanted


def _checked(shard: Any) -> str:
    """Returns the name of a file beside the index, and of none elsewhere."""
    if not isinstance(shard, str) or not shard.strip(".") or set(shard) & set("/\\\0:") or len(shard) > 255:
        raise FormatError(f"{shown(shard)} is no name of a file beside it")
    return shard


def _opened(path: FilePath, separator: str | None, open_one: Open) -> FileStore:
    try:
        return open_one(path, separator)
    except FileNotFoundError:
        raise FormatError(f"{path} is named by the index, but is not there: fetch it") from None


def _names(store: FileStore) -> set[str]:
    sign = "/" if store.kind == "msgpack" else store.separator or ""
    return {sign.join(array.path) for array in store.arrays}


def _check_names(shard: str, found: set[str], wanted: set[str]) -> None:
    for names, why in ((wanted - found, "lacks"), (found - wanted, "has, unknown to the index,")):
        if names:
            examples = ", ".join(shown(name) for name in sorted(names)[:3])
            raise FormatError(f"{shown(shard)} {why} {len(names)} arrays: {examples}")


def _merged(stores: Sequence[FileStore]) -> Index:
    kinds = {store.kind for store in stores}
    if len(kinds) > 1:
        raise FormatError(f"its files are of several kinds: {', '.join(sorted(kinds))}")
    contents: dict[StoredArray, Content] = {}
    metadata: dict[str, str] = {}
    for store in stores:
        contents |= store.contents
        _add(metadata, store.metadata)
    empty = tuple(dict.fromkeys(path for store in stores for path in store.empty))
    check_tree([*(array.path for array in contents), *empty])
    return Index(kinds.pop(), contents, empty, metadata, stores[0].separator)


def _add(metadata: dict[str, str], more: Mapping[str, str]) -> None:
    for name, text in more.items():
        if metadata.setdefault(name, text) != text:
            raise FormatError(f"its files disagree on the text {shown(name)}")
