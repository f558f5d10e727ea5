"""Files that are rewritten where they are: of those that need each other all, or none."""

import os
import signal
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager

from ..codemod.api import FileResult, Result
from ._hold import Reason, hold, unwritable, with_linked
from ._write import Prepared, prepare, prepare_instead


def in_place(result: Result, places: Mapping[str, str]) -> Result:
    """Puts every changed file into its real path in `places`, once all of them are on the disk, beside these.

    One that cannot be written is as it was, with a finding, and so is what imports it or is imported by it. An
    interrupt comes before the first of them or behind the last.
    """
    prepared: dict[str, Prepared] = {}

    def write(file: FileResult) -> None:
        prepared[file.path] = _prepared(file, places)

    try:
        result = hold(result, _with_linked(result, _failures(result, write)))
        with _uninterrupted():
            failed = _failures(result, lambda file: prepared[file.path].put())
            return _taken_back(result, failed, places) if failed else result
    finally:
        for one in prepared.values():
            one.drop()


def location(path: str) -> str:
    """Returns the real path of a file that need not be there."""
    return os.path.join(os.path.realpath(os.path.dirname(path) or os.curdir), os.path.basename(path))


def _prepared(file: FileResult, places: Mapping[str, str]) -> Prepared:
    if file.new:
        return prepare(location(file.path), file.after)
    return prepare_instead(places[file.path], file.before, file.after)


def _failures(
    result: Result, write: Callable[[FileResult], None], only: Collection[str] | None = None
) -> dict[str, Reason]:
    """Does this to every changed file, or to those in `only`, and returns why it failed."""
    found = {}
    for file in result.files:
        if file.changed and (only is None or file.path in only):
            try:
                write(file)
            except OSError as error:
                found[file.path] = unwritable(error)
    return found


def _with_linked(result: Result, reasons: Mapping[str, Reason]) -> Mapping[str, Reason]:
    texts = {file.path: file.after if file.new else file.before for file in result.files if file.changed}
    return with_linked(reasons, texts) if reasons else reasons


def _taken_back(result: Result, failed: Mapping[str, Reason], places: Mapping[str, str]) -> Result:
    """What needs a file that would not be replaced gets its old content back."""
    held = _with_linked(result, failed)

    def undo(file: FileResult) -> None:
        if file.new:
            os.unlink(location(file.path))
        else:
            prepare_instead(places[file.path], file.after, file.before).put()

    return hold(result, {**held, **_failures(result, undo, held.keys() - failed.keys())})


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Holds back an interrupt while files are renamed: half of them would not run with the other half."""
    if threading.current_thread() is not threading.main_thread():  # no interrupt comes to another one
        yield
        return
    held: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: held.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if held:
        raise KeyboardInterrupt
