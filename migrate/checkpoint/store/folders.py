"""Checkpoints with one directory per parameter: every file is a key and its own value."""

import os
from pathlib import Path
from types import MappingProxyType

from .values import Index, Ref


def read_index(folder: Path) -> Index:
    """Returns the files below a checkpoint as keys. Raises OSError."""
    return MappingProxyType({name: Ref(name, 0, size) for name, size in files(folder)})


def files(folder: Path) -> list[tuple[str, int]]:
    """Returns every file below a folder and its size, in order. Raises ValueError for a link among them."""
    found: list[tuple[str, int]] = []
    _collect(str(folder), "", found)
    return sorted(found)


def _collect(folder: str, prefix: str, found: list[tuple[str, int]]) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            name = prefix + entry.name
            if entry.is_symlink():
                raise ValueError(f"{name} is a symbolic link, which no checkpoint holds: it is not followed")
            if entry.is_dir():
                _collect(entry.path, f"{name}/", found)
            elif entry.is_file():
                found.append((name, entry.stat().st_size))
            else:
                raise ValueError(f"{name} is neither a file nor a folder")
