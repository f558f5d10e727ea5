"""One array of a .npz file, piece by piece. Its checksum is checked whenever it is read."""

import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import IO

import numpy as np

from .fortran import c_order
from .limits import shown
from .npy_header import NpyHeader
from .records import FormatError, Piece, StoredArray
from .source import Source
from .zip_file import LOCAL_HEADER, damage

_STEP = 1 << 20


@dataclass(frozen=True)
class Member:
    """Where the array is: `info` in the archive, and its data behind `header`."""

    source: Source
    archive: zipfile.ZipFile
    info: zipfile.ZipInfo
    header: NpyHeader

    def pieces(self, array: StoredArray, limit: int) -> Iterator[Piece]:
        if self.header.fortran and len(array.shape) > 1:
            for _ in self._in_order(array.nbytes, _STEP):
                pass  # checks the checksum, which jumping about cannot
            return map(self._native, self._turned(array, limit))
        return map(self._native, self._in_order(array.nbytes, limit))

    @property
    def _where(self) -> str:
        return f"array {shown(self.info.filename)}"

    def _native(self, piece: Piece) -> Piece:
        return piece if piece.dtype.isnative else piece.byteswap().view(piece.dtype.newbyteorder("="))

    def _in_order(self, nbytes: int, limit: int) -> Iterator[Piece]:
        itemsize = self.header.stored.itemsize
        step = limit - limit % itemsize
        with damage(self.source, self._where), self.archive.open(self.info) as data:
            data.read(self.header.start)
            for start in range(0, nbytes, step):
                piece = np.empty(min(step, nbytes - start) // itemsize, self.header.stored)
                _fill(data, piece)
                yield piece
            if data.read(1):
                raise FormatError(f"{self.source.path}, {self._where}: data behind its end")

    def _turned(self, array: StoredArray, limit: int) -> Iterator[Piece]:
        with damage(self.source, self._where), self.archive.open(self.info) as data:
            stored = self.info.compress_type == zipfile.ZIP_STORED
            fetch = partial(self._direct, self._place()) if stored else partial(self._unpacked, data)
            yield from c_order(fetch, array.shape, self.header.stored, limit)

    def _place(self) -> int:
        """Returns where the elements of an array that is stored as it is begin in the file."""
        head = self.source.read(self.info.header_offset, LOCAL_HEADER)
        name, extra = struct.unpack("<26x2H", head)
        return int(self.info.header_offset + LOCAL_HEADER + name + extra + self.header.start)

    def _direct(self, place: int, first: int, count: int) -> Piece:
        piece = np.empty(count, self.header.stored)
        self.source.read_into(place + first * piece.itemsize, piece)
        return piece

    def _unpacked(self, data: IO[bytes], first: int, count: int) -> Piece:
        piece = np.empty(count, self.header.stored)
        data.seek(self.header.start + first * piece.itemsize)
        _fill(data, piece)
        return piece


def _fill(data: IO[bytes], piece: Piece) -> None:
    view = piece.view(np.uint8).data
    while view:
        got = data.read(min(len(view), _STEP))
        if not got:
            raise EOFError("the data ends too early")
        view[: len(got)] = got
        view = view[len(got) :]
