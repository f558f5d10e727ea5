"""The index of a .npz file."""

import zipfile

from .dtypes import checked_size
from .limits import shown
from .names import chosen_separator, split_names
from .npy_header import read_npy_header
from .npz_member import Member
from .records import Content, FormatError, Index, StoredArray
from .source import Source
from .zip_file import damage, open_archive

_SUFFIX = ".npy"


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
