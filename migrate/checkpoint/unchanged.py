"""Notices that a source was written to while it was read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import CheckpointError
from .store import folders

State = dict[str, tuple[int, int, int]]


@contextmanager
def unchanged(source: Path) -> Iterator[None]:
    """Raises CheckpointError at the end if a file of the source came, went or was written since the start."""
    before = _state(source)
    yield
    after = _state(source)
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    if changed:
        raise CheckpointError(
            f"SRC {source} was written to while it was read ({changed[0]}): nothing is kept"
        )


def _state(source: Path) -> State:
    try:
        names = [name for name, _ in folders.files(source)] if source.is_dir() else [""]
        return {name: _stamp(os.stat(source / name)) for name in names}
    except (OSError, ValueError) as error:
        raise CheckpointError(f"cannot read {source}: {error}") from error


def _stamp(stat: os.stat_result) -> tuple[int, int, int]:
    return stat.st_size, stat.st_mtime_ns, stat.st_ino
