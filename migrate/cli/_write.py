"""Files that appear whole or not at all."""

import os
import stat
import tempfile
from contextlib import suppress

from ._read import read_bytes


def replace(file: str, before: bytes, after: bytes) -> None:
    """Replaces the real path `file` by one rename, mode bits kept. Raises OSError; then it is as it was."""
    if not os.access(file, os.W_OK):
        raise PermissionError(0, "it is read-only")  # a rename would get round that
    if read_bytes(file) != before:
        raise OSError(0, "it was changed by somebody else in the meantime; run this again")
    status = os.stat(file)
    create(file, after, stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid))


def create(file: str, data: bytes, mode: int | None = None, owner: tuple[int, int] | None = None) -> None:
    """Writes `file`, new or not, by one rename; where it is a link, what it leads to. Raises OSError."""
    file = os.path.realpath(file)
    folder, name = os.path.split(file)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{name[:50]}.", suffix=".tmp", dir=folder)
    try:
        with open(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            _dress(stream.fileno(), mode, owner)
            os.fsync(stream.fileno())  # some file systems only now say that they are full
        os.replace(temporary, file)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
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
