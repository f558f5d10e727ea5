"""One Orbax checkpoint: its leaves, and where each chunk of them lies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from ..disk_names import key_prefix, stored_name
from ..records import DiskPath, Stored
from . import folders, metadata, ocdbt, side_files, values, zarr
from .ends import ends_early
from .values import Index

KEY_DTYPES = MappingProxyType({"threefry2x32": "key<fry>", "rbg": "key<rbg>", "unsafe_rbg": "key<urbg>"})
"""JAX's names for typed PRNG keys; the last axis of the stored array is the key's data."""


@dataclass(frozen=True)
class OrbaxStore:
    """`leaves` are in the order of `_METADATA`; `empty` are the paths of its nodes without data."""

    folder: Path
    tree: metadata.Metadata
    index: Index
    arrays: Mapping[DiskPath, zarr.ArrayMeta]
    leaves: tuple[Stored, ...]
    shardings: Mapping[str, str]

    kind = "orbax"

    @property
    def empty(self) -> tuple[DiskPath, ...]:
        return tuple(entry.path for entry in self.tree.entries if entry.empty)

    def chunks(self, leaf: DiskPath) -> Mapping[tuple[int, ...], str]:
        """Returns the key of every chunk that is stored."""
        prefix, about = key_prefix(leaf), self.arrays[leaf]
        keys = ((place, f"{prefix}{about.chunk_key(place)}") for place in about.coordinates())
        return {place: key for place, key in keys if key in self.index}


def open_store(folder: Path) -> OrbaxStore:
    """Opens a checkpoint and checks it, its data files included, without reading these.

    Raises OSError and ValueError, which say what is missing or does not fit.
    """
    tree = metadata.read_metadata(folder)
    index = ocdbt.read_index(folder) if tree.ocdbt else folders.read_index(folder)
    kinds, shardings = side_files.read_key_kinds(folder), side_files.read_shardings(folder)
    entries = [entry for entry in tree.entries if not entry.empty]
    _check_listed(entries, kinds)
    arrays = {entry.path: _array(folder, index, entry.path, tree.zarr3) for entry in entries}
    leaves = tuple(_stored(entry, arrays[entry.path], kinds or {}) for entry in entries)
    store = OrbaxStore(folder, tree, index, MappingProxyType(arrays), leaves, shardings)
    _check_files(store)
    _check_chunks(store)
    if not tree.ocdbt:
        _check_ends(store)
    return store


def _check_ends(store: OrbaxStore) -> None:
    """A database knows how long a chunk is; a chunk that is a file has to tell itself."""
    for path, about in store.arrays.items():
        for key in store.chunks(path).values():
            if ends_early(store.folder / key, about):
                raise ValueError(f"{key} is damaged: it does not end where its data does")


def _check_listed(entries: Sequence[metadata.Entry], kinds: Mapping[str, str | None] | None) -> None:
    """An array that is missing in the one file that knows typed PRNG keys could be one."""
    if kinds is None:
        return
    known = {stored_name(entry.path) for entry in entries}
    arrays = {stored_name(entry.path) for entry in entries if entry.kind == metadata.ARRAY}
    if wrong := (arrays - kinds.keys()) | (kinds.keys() - known):
        raise ValueError(
            f"{metadata.FILE} and {side_files.ARRAYS} do not list the same arrays: {min(wrong)!r}"
        )


def _array(folder: Path, index: Index, path: DiskPath, zarr3: bool) -> zarr.ArrayMeta:
    key = f"{key_prefix(path)}{zarr.NAMES[zarr3]}"
    if key not in index:
        raise ValueError(f"{metadata.FILE} lists {stored_name(path)!r}, and there is no such array")
    try:
        return zarr.parse(values.load(folder, index[key]), zarr3)
    except ValueError as error:
        raise ValueError(f"{stored_name(path)!r}: {error}") from error


def _stored(entry: metadata.Entry, about: zarr.ArrayMeta, kinds: Mapping[str, str | None]) -> Stored:
    if entry.shape not in (None, about.shape) and not _sharded(entry, about):
        raise ValueError(
            f"{stored_name(entry.path)!r}: {metadata.FILE} says {entry.shape}, zarr {about.shape}"
        )
    kind = kinds.get(stored_name(entry.path))
    scalar = entry.kind == metadata.SCALAR
    if kind is None:
        return Stored(entry.path, about.shape, about.dtype, scalar=scalar)
    if kind not in KEY_DTYPES or about.dtype != "uint32" or not about.shape:
        raise ValueError(f"{stored_name(entry.path)!r}: PRNG keys of the kind {kind!r} are not known")
    return Stored(entry.path, about.shape[:-1], KEY_DTYPES[kind], kind)


def _sharded(entry: metadata.Entry, about: zarr.ArrayMeta) -> bool:
    """Whether `write_shape` is that of one shard, as several devices write it."""
    shape = entry.shape or ()
    return len(shape) == len(about.shape) and all(a <= b for a, b in zip(shape, about.shape, strict=True))


def _check_files(store: OrbaxStore) -> None:
    """A file that was cut short is seen by its length; that of a file that is missing is -1."""
    sizes: dict[str, int] = {}
    for key, value in store.index.items():
        if not isinstance(value, values.Ref):
            continue
        if value.file not in sizes:
            sizes[value.file] = _size(store.folder / value.file)
        if value.offset + value.length > sizes[value.file]:
            raise ValueError(f"the data of {key!r} is missing: {value.file} {_found(sizes[value.file])}")


def _size(file: Path) -> int:
    return file.stat().st_size if file.is_file() and not file.is_symlink() else -1


def _found(size: int) -> str:
    return "does not exist" if size < 0 else f"ends after {size} bytes"


def _check_chunks(store: OrbaxStore) -> None:
    """Chunks may be left out where they hold nothing but zeros, unless the checkpoint says they never are."""
    if not store.tree.dense:
        return
    for path, about in store.arrays.items():
        prefix = key_prefix(path)
        for place in about.coordinates():
            if f"{prefix}{about.chunk_key(place)}" not in store.index:
                raise ValueError(f"a chunk of {stored_name(path)!r} is missing: {about.chunk_key(place)}")
