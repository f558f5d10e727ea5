"""Where the outcome of a run goes if not into the files themselves: into another folder, or into a diff."""

import os
import stat
from collections.abc import Callable, Mapping

from ..codemod.api import FileResult, Result
from ..report.diff import unified
from ._hold import Reason, hold, unwritable
from ._in_place import location
from ._write import create


def into(output: str, result: Result, places: Mapping[str, str], folder: str) -> Result:
    """Writes every file, changed or not, to where it would be if the real path `folder` were `output`."""
    sources = frozenset(places.values())

    def write(file: FileResult) -> None:
        target = os.path.join(output, os.path.relpath(location(file.path), folder))
        if os.path.realpath(target) in sources:
            raise OSError(0, f"{target} is one of the files to migrate")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        create(target, file.after, None if file.new else stat.S_IMODE(os.stat(places[file.path]).st_mode))

    return _each(result, places, write)


def as_diff(result: Result, places: Mapping[str, str]) -> tuple[bytes, str]:
    """Returns the diff of all files and the folder its paths start from: the current one if it can be."""
    changed = [file for file in result.files if file.changed]
    here = os.path.realpath(os.curdir)
    real = {file.path: places.get(file.path, os.path.join(here, file.path)) for file in changed}
    base = os.path.commonpath([here, *map(os.path.dirname, real.values())])
    return b"".join(
        unified(os.path.relpath(real[file.path], base), file.before, file.after, file.new) for file in changed
    ), base


def _each(result: Result, places: Mapping[str, str], write: Callable[[FileResult], None]) -> Result:
    failures = (
        (file.path, _failure(file, write)) for file in result.files if file.new or file.path in places
    )
    return hold(result, {path: reason for path, reason in failures if reason})


def _failure(file: FileResult, write: Callable[[FileResult], None]) -> Reason | None:
    try:
        write(file)
    except OSError as error:
        return unwritable(error)
    return None
