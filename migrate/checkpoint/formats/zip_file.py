"""A zip archive as far as .npz needs it: the standard library reads it, within bounds."""

import struct
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast

from .limits import MAX_NODES, MAX_TEXT, brief, shown
from .records import FormatError
from .source import Source

_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError),
    *(RuntimeError, ValueError, OverflowError),  # encrypted, NotImplementedError, offsets of nonsense
)
_MOST_THAT_DEFLATE_SHRINKS = 1032
LOCAL_HEADER = 30


class _Bounded(threading.local):
    """The file as zipfile reads it, without reads that could only be a damaged length.

    Each thread has a position of its own: newer zipfiles ask for it outside of their lock.
    """

    def __init__(self, source: Source) -> None:
        self._source, self._position = source, 0

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        position = offset + (0, self._position, self._source.size)[whence]
        if position < 0:
            raise OSError("a place before the start")  # what zipfile expects of a file
        self._position = position
        return position

    def read(self, nbytes: int = -1) -> bytes:
        left = max(0, self._source.size - self._position)
        nbytes = left if nbytes < 0 else min(nbytes, left)
        if nbytes > MAX_TEXT:
            raise self._source.error(
                self._position, f"a zip directory of {nbytes} bytes; at most {MAX_TEXT} are read"
            )
        data = self._source.read(self._position, nbytes) if nbytes else b""
        self._position += nbytes
        return data


@contextmanager
def damage(source: Source, where: str) -> Iterator[None]:
    """Turns what zipfile and zlib raise into FormatError."""
    try:
        yield
    except FormatError:
        raise
    except (*_DAMAGE, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the disk, not of what is on it
        raise FormatError(f"{source.path}, {where}: {brief(error)}") from error


def open_archive(source: Source) -> zipfile.ZipFile:
    """Returns the archive; its members are stored or deflated and apart. Raises FormatError."""
    with damage(source, "zip directory"):
        archive = zipfile.ZipFile(cast("IO[bytes]", _Bounded(source)))
    members = sorted(archive.infolist(), key=lambda info: info.header_offset)
    if len(members) > MAX_NODES:
        raise FormatError(f"{source.path}: {len(members)} arrays; at most {MAX_NODES} are read")
    end = 0
    for info in members:
        if info.header_offset < end:
            raise source.error(info.header_offset, f"{shown(info.filename)} overlaps the member before it")
        _check_member(source, info)
        end = info.header_offset + LOCAL_HEADER + info.compress_size
    return archive


def _check_member(source: Source, info: zipfile.ZipInfo) -> None:
    def refuse(why: str) -> FormatError:
        return source.error(info.header_offset, f"member {shown(info.orig_filename)}: {why}")

    if "\0" in info.orig_filename:  # zipfile cuts the name there
        raise refuse("its name has a NUL in it")
    if info.flag_bits & 1:
        raise refuse("it is encrypted")
    if info.header_offset + LOCAL_HEADER + info.compress_size > source.size:
        raise refuse(f"its {info.compress_size} bytes do not fit into the file, which ends at {source.size}")
    if info.compress_type == zipfile.ZIP_STORED:
        if info.compress_size != info.file_size:
            raise refuse(f"it is stored as it is, but {info.file_size} bytes in {info.compress_size}")
    elif info.compress_type != zipfile.ZIP_DEFLATED:
        raise refuse(f"compression {info.compress_type} is none that NumPy uses (stored, deflated)")
    elif info.file_size > _MOST_THAT_DEFLATE_SHRINKS * (info.compress_size + 1):
        raise refuse(f"{info.compress_size} bytes cannot unpack to {info.file_size}")
