"""An open file that is read at given places. It is not memory-mapped: a mapped file that is cut short while it
is read kills the process, and the pages that were read count as its memory.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np

from .dtypes import numpy_dtype
from .records import FormatError, Piece, StoredArray


class Source:
    """Raises FormatError for places outside of the file and for a file that is none, OSError as open() does."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):  # opening a named pipe would wait for its writer
            raise FormatError(f"{path} is {'a folder' if stat.S_ISDIR(mode) else 'no regular file'}")
        self._file = open(path, "rb", buffering=0)  # noqa: SIM115 - closed by close()
        self._lock = Lock()
        self._state = self._stat()
        self.size = self._state[0]

    def _stat(self) -> tuple[int, int]:
        state = os.fstat(self._file.fileno())
        return state.st_size, state.st_mtime_ns

    def error(self, offset: int, why: str) -> FormatError:
        return FormatError(f"{self.path}, byte {offset}: {why}")

    def read(self, offset: int, nbytes: int) -> bytes:
        data = bytearray(nbytes) if self._inside(offset, nbytes) else bytearray()
        self._fill(offset, memoryview(data))
        return bytes(data)

    def read_into(self, offset: int, piece: Piece) -> None:
        self._inside(offset, piece.nbytes)
        self._fill(offset, piece.view(np.uint8).data)

    def _inside(self, offset: int, nbytes: int) -> bool:
        if offset < 0 or nbytes < 0 or offset + nbytes > self.size:
            raise self.error(offset, f"{nbytes} bytes should be here, but the file ends at {self.size}")
        return True

    def _fill(self, offset: int, view: memoryview) -> None:
        while view:
            got = self._read_at(offset, view)
            if not got:
                raise self.error(offset, "the file became shorter while it was read")
            view, offset = view[got:], offset + got

    def _read_at(self, offset: int, view: memoryview) -> int:
        """Reads once, without a position that threads (and with `preadv` forked processes) could move."""
        if hasattr(os, "preadv"):
            return os.preadv(self._file.fileno(), [view], offset)
        with self._lock:
            self._file.seek(offset)
            return self._file.readinto(view) or 0

    def check_unchanged(self) -> None:
        if self._stat() != self._state:
            raise FormatError(
                f"{self.path} was changed while it was read: wait for its writer, then start again"
            )

    def close(self) -> None:
        self._file.close()


@dataclass(frozen=True)
class Extents:
    """Bytes that lie in the file as they are: (offset, length) of each stretch, whole elements in each."""

    source: Source
    spans: tuple[tuple[int, int], ...]

    def pieces(self, array: StoredArray, limit: int) -> Iterator[Piece]:
        dtype = numpy_dtype(array.dtype)
        step = limit - limit % dtype.itemsize
        for offset, nbytes in self.spans:
            for start in range(0, nbytes, step):
                piece = np.empty(min(step, nbytes - start) // dtype.itemsize, dtype)
                self.source.read_into(offset + start, piece)
                yield piece
