"""Files as bytes. Only regular files: a pipe or a device could block for ever."""

import io
import os
import stat
from collections.abc import Sequence
from typing import NamedTuple

from ..catalog.findings import Diagnostic
from ._walk import Source, unreadable


class Contents(NamedTuple):
    """What was read, by the path as shown, and what could not be."""

    files: dict[str, bytes]
    failures: tuple[Diagnostic, ...]


def read_all(sources: Sequence[Source], jobs: int = 1) -> Contents:
    """Reads every file, `jobs` at a time; order is kept. One that fails never stops the others."""
    files: dict[str, bytes] = {}
    failures: list[Diagnostic] = []
    for source, answer in zip(sources, _answers(sources, jobs), strict=True):
        if isinstance(answer, bytes):
            files[source.shown] = answer
        else:
            failures.append(answer)
    return Contents(files, tuple(failures))


def read_bytes(path: str) -> bytes:
    """Returns the content of a regular file. Raises OSError."""
    with io.FileIO(path, opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "it is not a regular file; standard input is `-`")
        return file.readall()


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # opening a pipe waits for somebody to write to it


def _answers(sources: Sequence[Source], jobs: int) -> list[bytes | Diagnostic]:
    if jobs == 1:
        return [_answer(source) for source in sources]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(_answer, sources))


def _answer(source: Source) -> bytes | Diagnostic:
    try:
        return read_bytes(source.real)
    except OSError as error:
        return unreadable(source.shown, error)
