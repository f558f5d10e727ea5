"""Brings data files into a new checkpoint as they are: clones, copies by the kernel, plain copies, hard links."""

import errno
import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from ..records import Placement

Report = Callable[[int], None]
"""Told how many bytes were dealt with since the last time."""

PIECE = 16 << 20
FICLONE = 0x40049409
"""The ioctl of Linux that lets a file share another's blocks until one of them is written (reflink)."""

CANNOT = frozenset(
    {
        errno.EXDEV,
        errno.EOPNOTSUPP,
        errno.ENOTTY,
        errno.EINVAL,
        errno.ENOSYS,
        errno.EPERM,
        errno.EBADF,
        errno.ETXTBSY,
    }
)
"""What a kernel or file system answers that lacks a way to copy."""


def place(source: Path, target: Path, how: Placement, report: Report) -> None:
    """Creates `target` with the contents of `source`, and its folder. Raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if how is Placement.LINK:
        _link(source, target)
        report(target.stat().st_size)
        return
    with source.open("rb") as old, target.open("xb") as new:
        _copy(old.fileno(), new.fileno(), report)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK):
            raise
        raise OSError(
            error.errno,
            f"{source} cannot be linked to {target}: {error.strerror}; leave out --link to copy it",
        ) from error


def _copy(old: int, new: int, report: Report) -> None:
    if _clone(old, new):
        report(os.fstat(new).st_size)
        return
    while count := _piece(old, new):
        report(count)


def _clone(old: int, new: int) -> bool:
    try:
        fcntl.ioctl(new, FICLONE, old)
    except OSError as error:
        if error.errno in CANNOT:
            return False
        raise
    return True


def _piece(old: int, new: int) -> int:
    """Copies from where both files stand. A file system that cannot do it itself gets the bytes."""
    try:
        return os.copy_file_range(old, new, PIECE)
    except OSError as error:
        if error.errno not in CANNOT:
            raise
    data = memoryview(os.read(old, PIECE))
    count = len(data)
    while data:
        data = data[os.write(new, data) :]
    return count
