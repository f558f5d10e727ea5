"""`--check`: is a converted checkpoint still what its manifest notes?"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import digest
from .errors import CheckpointError
from .file_source import FileSource, open_file
from .manifest import CONTENTS, NAME, Manifest, Record, loads
from .paths import existing
from .source import OrbaxSource, open_folder

LIMIT = 32 << 20


@dataclass(frozen=True)
class Checked:
    """`faults` has one sentence for each leaf that is not as noted. With `contents` every stored byte was read;
    without, of leaves that share their files with the source (--link), only where they lie.
    """

    path: Path
    leaves: int
    contents: bool
    faults: tuple[str, ...]


def check_checkpoint(path: str | Path) -> tuple[Checked, ...]:
    """Compares what `convert_checkpoint` wrote with its manifest: one result for each checkpoint in `path`.

    Raises CheckpointError where there is no manifest or no checkpoint that can be read.
    """
    place = existing(path)
    try:
        found = (_file(place),) if place.is_file() else tuple(map(_folder, _written(place)))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"cannot check {place}: {error}") from error
    if not found:
        raise CheckpointError(f"{place} holds no {NAME}: it was not written by migrate-checkpoint")
    return found


def _written(place: Path) -> list[Path]:
    """Returns the folder itself, or those of steps and items in it, that have a manifest."""
    if (place / NAME).is_file():
        return [place]
    below = sorted(entry for entry in place.iterdir() if entry.is_dir())
    items = [item for step in below for item in sorted(step.iterdir()) if item.is_dir()]
    return [folder for folder in (*below, *items) if (folder / NAME).is_file()]


def _folder(folder: Path) -> Checked:
    manifest = loads((folder / NAME).read_bytes())
    faults = tuple(_faults(open_folder(folder), manifest))
    return Checked(folder, len(manifest.leaves), manifest.digests == CONTENTS, faults)


def _faults(source: OrbaxSource, manifest: Manifest) -> Iterator[str]:
    noted = {record.path: record for record in manifest.leaves}
    stored = {leaf.disk for leaf in source.leaves}
    chunks = digest.Chunks(source.path, manifest.digests == CONTENTS)
    yield from (f"{_name(path)} is missing" for path in noted.keys() - stored)
    yield from (f"{_name(path)} was not written by migrate-checkpoint" for path in stored - noted.keys())
    for path in noted.keys() & stored:
        if source.data(path) != (noted[path].shape, noted[path].dtype):
            yield f"{_name(path)} has another shape or dtype than noted"
        elif chunks.of_leaf(source.store, path) != noted[path].digest:
            yield f"{_name(path)} has another content than noted"


def _file(file: Path) -> Checked:
    beside = file.with_name(f"{file.name}.{NAME}")
    if not beside.exists():
        raise CheckpointError(
            f"{file} has no {beside.name} beside it: it was not written by migrate-checkpoint"
        )
    manifest = loads(beside.read_bytes())
    with open_file(file, ".") as store:
        return Checked(file, len(manifest.leaves), True, tuple(_tensors(FileSource(store, file), manifest)))


def _tensors(source: FileSource, manifest: Manifest) -> Iterator[str]:
    noted: dict[tuple[str | int, ...], Record] = {record.path: record for record in manifest.leaves}
    stored = {leaf.disk for leaf in source.leaves}
    yield from (f"{_name(path)} is missing or was not written" for path in noted.keys() ^ stored)
    for path in noted.keys() & stored:
        last = digest.of_pieces(source.pieces(path, LIMIT))
        if source.data(path) != (noted[path].shape, noted[path].dtype) or last != noted[path].digest:
            yield f"{_name(path)} is not as noted"


def _name(path: tuple[str | int, ...]) -> str:
    return "/".join(map(str, path))
