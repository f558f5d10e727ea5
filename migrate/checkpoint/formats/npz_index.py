"""The index of a .npz file, and its arrays piece by piece. Checksums are checked whenever an array is read."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import IO

import numpy as np

from .dtypes import checked_size
from .fortran import c_order
from .limits import shown
from .names import chosen_separator, split_names
from .npy_header import NpyHeader, read_npy_header
from .records import Content, FormatError, Index, Piece, StoredArray
from .source import Source
from .zip_file import damage, open_archive

_STEP = 1 << 20
_SUFFIX = ".npy"


@dataclass(frozen=True)
class Member:
    """One array of an archive."""

    source: Source
    archive: zipfile.ZipFile
    info: zipfile.ZipInfo
    header: NpyHeader

    def pieces(self, array: StoredArray, limit: int) -> Iterator[Piece]:
        if not self.header.fortran or len(array.shape) < 2:
            yield from map(self._native, self._in_order(array.nbytes, limit))
            return
        for _ in self._in_order(array.nbytes, _STEP):
            pass  # checks the checksum, which jumping about cannot
        with damage(self.source, self._where), self.archive.open(self.info) as data:
            fetch = partial(self._fetch, data)
            yield from map(self._native, c_order(fetch, array.shape, self.header.stored, limit))

    @property
    def _where(self) -> str:
        return f"array {shown(self.info.filename)}"

    def _native(self, piece: Piece) -> Piece:
        return piece if piece.dtype.isnative else piece.byteswap().view(piece.dtype.newbyteorder("="))

    def _in_order(self, nbytes: int, limit: int) -> Iterator[Piece]:
        itemsize = self.header.stored.itemsize
        step = limit - limit % itemsize
        with damage(self.source, self._where), self.archive.open(self.info) as data:
            data.seek(0)
            data.read(self.header.start)
            for start in range(0, nbytes, step):
                piece = np.empty(min(step, nbytes - start) // itemsize, self.header.stored)
                _fill(data, piece)
                yield piece
            if data.read(1):
                raise FormatError(f"{self.source.path}, {self._where}: data behind its end")

    def _fetch(self, data: IO[bytes], first: int, count: int) -> Piece:
        data.seek(self.header.start + first * self.header.stored.itemsize)
        piece = np.empty(count, self.header.stored)
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


def index_npz(source: Source, separator: str | None = None) -> Index:
    """Returns where each array is; its name is split by `separator`, by default the one the names have.

    Raises FormatError for what numpy.load refuses without pickle, and for arrays that are not of numbers.
    """
    archive = open_archive(source)
    members = [_member(source, archive, info) for info in archive.infolist()]
    names = [member.info.filename.removesuffix(_SUFFIX) for member in members]
    if len(set(names)) != len(names):
        raise FormatError(f"{source.path}: a name occurs twice in the archive")
    try:
        sign = chosen_separator(names, separator)
        paths = split_names(names, sign)
    except FormatError as error:
        raise FormatError(f"{source.path}: {error}") from None
    contents: dict[StoredArray, Content] = {
        StoredArray(path, m.header.shape, m.header.stored.name, m.info.file_size - m.header.start): m
        for path, m in zip(paths, members, strict=True)
    }
    return Index("npz", contents, (), {}, sign)


def _member(source: Source, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    where = f"array {shown(info.filename)}"
    if not info.filename.endswith(_SUFFIX):
        raise FormatError(f"{source.path}, {where}: it is no .npy array, so this is no .npz file of NumPy")
    try:
        with damage(source, where), archive.open(info) as data:
            header = read_npy_header(data.read)
        checked_size(header.shape, header.stored.name, info.file_size - header.start)
    except FormatError as error:
        raise FormatError(
            str(error) if str(source.path) in str(error) else f"{source.path}, {where}: {error}"
        ) from None
    return Member(source, archive, info, header)
