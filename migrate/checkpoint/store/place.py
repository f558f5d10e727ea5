"""Brings data files into a new checkpoint as they are: clones, copies, hard links."""

import errno
import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from io import FileIO
from pathlib import Path

from ..records import Placement
from .values import Ref

Report = Callable[[int], None]
"""Told how many bytes were dealt with since the last time."""

Tap = Callable[[memoryview], None]
"""Shown the bytes of a file from the first to the last as they pass; the memory is used again."""

Taps = Callable[[Iterable[Ref]], Tap]
"""Gives the tap for a file in which these values lie."""

PIECE = 64 << 10
"""Stays in a core's own cache from reading to writing, so that a digest on the way costs next to nothing. Pieces twice
as large were up to four times as slow where memory was full: the kernel looks for as much of it in one block.
"""

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
"""What a kernel or file system answers that cannot clone."""


def place(source: Path, target: Path, how: Placement, report: Report, tap: Tap) -> None:
    """Creates `target` with the contents of `source`, and its folder. Raises OSError.

    What is copied or cloned passes the tap; what is linked is not read.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if how is Placement.LINK:
        _link(source, target)
        report(target.stat().st_size)
        return
    with source.open("rb", buffering=0) as old, target.open("xb", buffering=0) as new:
        cloned = _clone(old.fileno(), new.fileno())
        for piece in read_through(old):
            tap(piece)
            if not cloned:
                _write(new, piece)
            report(len(piece))


def read_through(file: FileIO) -> Iterator[memoryview]:
    """Yields what a file holds from where it stands, each time in the same memory. Raises OSError."""
    buffer = memoryview(bytearray(min(PIECE, os.fstat(file.fileno()).st_size + 1)))
    while count := file.readinto(buffer):
        yield buffer[:count]


def _write(file: FileIO, data: memoryview) -> None:
    while data:
        data = data[file.write(data) :]


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


def _clone(old: int, new: int) -> bool:
    try:
        fcntl.ioctl(new, FICLONE, old)
    except OSError as error:
        if error.errno in CANNOT:
            return False
        raise
    return True
