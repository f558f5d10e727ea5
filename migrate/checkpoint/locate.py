"""Finds the checkpoints in what a user gives as SRC: a file, an item, a step, a manager's or trainer's folder."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import CheckpointError
from .store.metadata import FILE

STEP = re.compile(r"(?:.*[^0-9])?([0-9]+)")
"""A step's folder or file: 1000, 00001000, step_1000, checkpoint_1000."""

PARTIAL = re.compile(r"\.orbax-checkpoint-tmp|\.migrate-norm$|\.tmp$|tmp[^/]*$")
PREFERRED = ("default", "state")
"""Items that hold the train state as Orbax's CheckpointManager and v1 API call it."""


@dataclass(frozen=True)
class Found:
    """One checkpoint: `name` is its path below SRC, empty where SRC is the checkpoint itself."""

    path: Path
    step: int | None = None
    name: str = ""


def locate(source: Path, step: int | None = None, item: str | None = None) -> Found:
    """Returns the one checkpoint that is meant: of several steps the latest, or `step`. Raises CheckpointError."""
    found = locate_all(source, item)
    if step is None:
        return found[-1]
    match = [one for one in found if one.step == step]
    if not match:
        steps = ", ".join(str(one.step) for one in found if one.step is not None) or "none"
        raise CheckpointError(f"SRC {source} holds no step {step}; its steps: {steps}")
    return match[0]


def locate_all(source: Path, item: str | None = None) -> tuple[Found, ...]:
    """Returns every step's checkpoint, the latest last. Raises CheckpointError."""
    try:
        return _located(source, item)
    except OSError as error:
        raise CheckpointError(f"cannot read {source}: {error}") from error


def _located(source: Path, item: str | None) -> tuple[Found, ...]:
    if not source.exists():
        raise CheckpointError(f"cannot read {source}: there is no such file or folder")
    steps = [] if source.is_file() or _is_checkpoint(source) or _items(source) else _steps(source)
    if not steps:
        path = _item(source, item)
        return (Found(path, name=str(path.relative_to(source)) if path != source else ""),)
    paths = [(number, _item(step, item)) for number, step in steps]
    return tuple(Found(path, number, str(path.relative_to(source))) for number, path in paths)


def _steps(source: Path) -> list[tuple[int, Path]]:
    entries = [entry for entry in source.iterdir() if not PARTIAL.search(entry.name)]
    found = [(int(match[1]), entry) for entry in entries if (match := STEP.fullmatch(entry.name))]
    numbers = [number for number, _ in found]
    if len(set(numbers)) < len(numbers):
        names = ", ".join(sorted(entry.name for _, entry in found))
        raise CheckpointError(f"SRC {source} holds a step twice ({names}): give one of them as SRC")
    return sorted(
        entry for entry in found if entry[1].is_file() or _is_checkpoint(entry[1]) or _items(entry[1])
    )


def _item(folder: Path, item: str | None) -> Path:
    """Returns the item of a step that is converted."""
    if folder.is_file() or (_is_checkpoint(folder) and item is None):
        return folder
    items = _items(folder)
    names = [path.name for path in items]
    wanted = [item] if item else [name for name in PREFERRED if name in names] or names
    if not items and _is_checkpoint(folder):
        raise CheckpointError(f"SRC {folder} is one checkpoint and holds no items: leave out --item")
    if not items:
        raise CheckpointError(_nothing(folder))
    if len(wanted) > 1 or wanted[0] not in names:
        raise CheckpointError(f"SRC {folder} holds the items {', '.join(names)}: choose one with --item")
    return folder / wanted[0]


def _items(folder: Path) -> Sequence[Path]:
    return sorted(_checkpoints_below(folder)) if folder.is_dir() else []


def _checkpoints_below(folder: Path) -> Iterator[Path]:
    entries = (entry for entry in folder.iterdir() if not _looks_like_step(entry.name))
    yield from (entry for entry in entries if _is_checkpoint(entry))


def _looks_like_step(name: str) -> bool:
    return bool(STEP.fullmatch(name)) or bool(PARTIAL.search(name))


def _is_checkpoint(path: Path) -> bool:
    return (path / FILE).is_file()


def _nothing(folder: Path) -> str:
    old = [name for name in ("checkpoint", "checkpoint.msgpack") if (folder / name).is_file()]
    if old:
        return (
            f"SRC {folder} holds {old[0]} and no {FILE}: an old release of Orbax wrote it; restore it with that"
            " release and save it again, or give the file itself if it is a msgpack file"
        )
    return f"SRC {folder} holds no {FILE}, so it is no Orbax checkpoint, and no steps with one in them"
