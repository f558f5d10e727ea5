"""The folder beside DST in which a new checkpoint is made, and the one rename that lets it appear."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import CheckpointError
from .manifest import NAME

LOCK, DRAFT = "lock", "checkpoint"


@contextmanager
def workplace(target: Path) -> Iterator[Path]:
    """Gives the path to write to; `publish` moves it to `target`. The folder is gone afterwards in any case.

    There is one such folder per target. What a killed run left in it is removed; a run that is still alive
    holds the lock in it, and is left alone: CheckpointError.
    """
    place = draft_of(target).parent
    try:
        lock = _take(place)
    except OSError as error:
        raise CheckpointError(f"cannot write beside {target}: {error}") from error
    try:
        yield place / DRAFT
    finally:
        _leave(place, lock)


def draft_of(target: Path) -> Path:
    """Returns where a new checkpoint is made before it appears as `target`."""
    return target.parent / f".{target.name}.migrate-norm" / DRAFT


def publish(draft: Path, target: Path) -> None:
    """Lets the finished checkpoint appear as `target`, whole, in one step."""
    try:
        if target.exists() or target.is_symlink():
            raise FileExistsError(f"{target} has appeared meanwhile and is not overwritten")
        if draft.is_file():
            os.replace(draft.with_name(f"{draft.name}.json"), target.with_name(f"{target.name}.{NAME}"))
            os.link(draft, target)  # which, unlike a rename, never replaces a file that came meanwhile
            return
        os.rename(draft, target)
    except OSError as error:
        raise CheckpointError(f"cannot create {target}: {error}") from error


def _take(place: Path) -> int:
    """Creates or takes over the folder; returns the descriptor that holds its lock."""
    place.mkdir(exist_ok=True)
    foreign = [path.name for path in place.iterdir() if not _is_ours(path.name)]
    if foreign:
        raise FileExistsError(
            f"{place} holds {foreign[0]}, which this tool did not put there: remove or rename it"
        )
    lock = os.open(place / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(lock), os.stat(place / LOCK)):
            raise FileExistsError("another run has just finished here: try again")
        _sweep(place)
    except BlockingIOError as error:
        os.close(lock)
        raise FileExistsError(f"another run is writing it and holds {place / LOCK}") from error
    except OSError:
        os.close(lock)
        raise
    return lock


def _leave(place: Path, lock: int) -> None:
    try:
        _sweep(place)
        (place / LOCK).unlink()
        place.rmdir()
    except OSError as error:
        raise CheckpointError(f"cannot remove {place}, which can be deleted: {error}") from error
    finally:
        os.close(lock)


def _is_ours(name: str) -> bool:
    return name == LOCK or name.startswith(DRAFT)


def _sweep(place: Path) -> None:
    """Removes drafts; Orbax adds suffixes of its own to the name while it writes."""
    for path in place.iterdir():
        if path.name != LOCK:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
