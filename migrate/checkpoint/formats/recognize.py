"""Opens a checkpoint file of any kind that is read here; the content says which it is, not the name."""

from functools import partial
from pathlib import Path

from .limits import shown
from .msgpack_index import index_msgpack
from .npz_index import index_npz
from .records import FileStore, FormatError, Index
from .safetensors_index import index_safetensors
from .shards import open_shards
from .source import Source

_OTHERS = {
    b"\x93NUMPY": "a single .npy array; put it into a .npz file under its name (numpy.savez)",
    b"\x80\x02": "a pickle, which is never loaded",
    b"\x80\x03": "a pickle, which is never loaded",
    b"\x80\x04": "a pickle, which is never loaded",
    b"\x80\x05": "a pickle, which is never loaded",
    b"\x89HDF": "an HDF5 file",
    b"\x1f\x8b": "a gzip file; unpack it first",
    b"version https:/": "a pointer of Git LFS, not the file itself; fetch it with `git lfs pull`",
}


def open_file(path: str | Path, separator: str | None = None) -> FileStore:
    """Opens a Flax msgpack, safetensors or .npz file and indexes it; no array is read.

    The index of a checkpoint in several files (`flax_model.msgpack.index.json`) opens all of them as one.
    `separator` is what the flat names of safetensors and .npz are split by, "/" or "." as a rule; by default
    the file or its names tell. Raises FormatError that says what is wrong, where and why; OSError where the
    file cannot be opened.
    """
    store = _opened(Path(path), separator, may_be_index=True)
    if separator is not None and store.kind == "msgpack":
        store.close()
        raise FormatError(
            f"{path} is msgpack, a tree whose names nothing joins: leave out the separator (--separator)"
        )
    return store


def _opened(path: Path, separator: str | None, *, may_be_index: bool) -> FileStore:
    source = Source(path)
    try:
        head = source.read(0, min(source.size, 16))
        if may_be_index and head[:1] == b"{" and not _is_safetensors(head):
            return open_shards(source, separator, partial(_opened, may_be_index=False))
        return FileStore(source, _index(source, head, separator))
    except BaseException:
        source.close()
        raise


def _index(source: Source, head: bytes, separator: str | None) -> Index:
    if head[:2] == b"PK":
        return index_npz(source, separator)
    if _is_safetensors(head):
        return index_safetensors(source, separator)
    for magic, what in _OTHERS.items():
        if head.startswith(magic):
            raise FormatError(f"{source.path} is {what}; Flax msgpack, safetensors and .npz can be read")
    if not head:
        raise FormatError(f"{source.path} is empty")
    if _is_msgpack(head[0]):
        return index_msgpack(source)
    raise FormatError(
        f"{source.path} is neither Flax msgpack nor safetensors nor .npz: it begins with {shown(head[:8])}"
    )


def _is_safetensors(head: bytes) -> bool:
    """Returns whether there is a length below 4 GiB and then JSON. Text has no zeros, msgpack none there."""
    return head[8:9] == b"{" and head[4:8] == bytes(4)


def _is_msgpack(byte: int) -> bool:
    """Returns whether a tree of Flax can begin so: a dict, a list, an array or number in an extension."""
    return 0x80 <= byte <= 0x9F or 0xC7 <= byte <= 0xC9 or 0xD4 <= byte <= 0xD8 or 0xDC <= byte <= 0xDF
