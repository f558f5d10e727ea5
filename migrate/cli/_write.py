"""Files that appear whole or not at all."""

import os
import stat
import tempfile
from contextlib import suppress
from typing import NamedTuple

from ._read import read_bytes


class Prepared(NamedTuple):
    """New content that is on the disk already, beside the `file` whose place it will take."""

    temporary: str
    file: str

    def put(self) -> None:
        """Replaces the file by one rename. Raises OSError; then it is as it was."""
        os.replace(self.temporary, self.file)

    def drop(self) -> None:
        """Takes away what was not put."""
        with suppress(FileNotFoundError):
            os.unlink(self.temporary)


def prepare_instead(file: str, before: bytes, after: bytes) -> Prepared:
    """Prepares another content of the real path `file`, mode bits kept. Raises OSError."""
    if not os.access(file, os.W_OK):
        raise PermissionError(0, "it is read-only")  # a rename would get round that
    if read_bytes(file) != before:
        raise OSError(0, "it was changed by somebody else in the meantime; run this again")
    status = os.stat(file)
    return prepare(file, after, stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid))


def prepare(
    file: str, data: bytes, mode: int | None = None, owner: tuple[int, int] | None = None
) -> Prepared:
    """Prepares `file`, new or not; where it is a link, what it leads to. Raises OSError."""
    file = os.path.realpath(file)
    folder, name = os.path.split(file)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{name[:50]}.", suffix=".tmp", dir=folder)
    prepared = Prepared(temporary, file)
    try:
        with open(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            _dress(stream.fileno(), mode, owner)
            os.fsync(stream.fileno())  # some file systems only now say that they are full
    except BaseException:
        prepared.drop()
        raise
    return prepared


def create(file: str, data: bytes, mode: int | None = None, owner: tuple[int, int] | None = None) -> None:
    """Writes `file` by one rename. Raises OSError; then it is as it was. A device or a pipe gets the bytes."""
    if os.path.exists(file) and not os.path.isfile(file):  # `--report /dev/null` must not make a file of it
        with open(file, "wb") as stream:
            stream.write(data)
        return
    prepared = prepare(file, data, mode, owner)
    try:
        prepared.put()
    except BaseException:
        prepared.drop()
        raise


def _dress(descriptor: int, mode: int | None, owner: tuple[int, int] | None) -> None:
    if owner:
        with suppress(
            PermissionError
        ):  # only root may give a file away; to others it is theirs, as in an editor
            os.fchown(descriptor, *owner)
    os.fchmod(descriptor, 0o666 & ~_umask() if mode is None else mode)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
