"""Re-reads a finished checkpoint and compares it with what should be in it, leaf by leaf."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from . import digest
from .errors import CheckpointError
from .jobs import Job
from .parts import pieces
from .source import Checkpoint, open_folder
from .store.open import OrbaxStore
from .write_orbax import Written


def check_written(
    draft: Path, jobs: Sequence[Job], written: Written, limit: int, source: Checkpoint | None = None
) -> OrbaxStore:
    """Returns the draft as it is read. Raises CheckpointError unless it holds every leaf, and nothing else.

    What was decoded is decoded again, and its bytes compared with the source's; of what was renamed, the place
    of every chunk and, if `source` is given, the decoded bytes on both sides.
    """
    found = open_folder(draft)
    faults = [
        *_leaves(found.store, jobs),
        *_places(found.store, written),
        *_values(found, jobs, written, limit),
        *(_renamed_values(found, source, jobs, written, limit) if source else ()),
    ]
    if faults:
        names = ", ".join(sorted(set(faults))[:20])
        raise CheckpointError(f"what was written is not what was read, in {names}; nothing is kept")
    return found.store


def _leaves(store: OrbaxStore, jobs: Sequence[Job]) -> Iterator[str]:
    wanted = {job.path: (job.shape, job.dtype, job.key_impl, job.scalar) for job in jobs}
    found = {
        leaf.disk: (store.arrays[leaf.disk].shape, store.arrays[leaf.disk].dtype, leaf.key_impl, leaf.scalar)
        for leaf in store.leaves
    }
    for path in wanted.keys() | found.keys():
        if wanted.get(path) != found.get(path):
            yield ".".join(map(str, path))


def _places(store: OrbaxStore, written: Written) -> Iterator[str]:
    keys = written.index.keys() | (store.index.keys() if store.tree.ocdbt else set())
    yield from (key for key in keys if written.index.get(key) != store.index.get(key))


def _values(found: Checkpoint, jobs: Sequence[Job], written: Written, limit: int) -> Iterator[str]:
    for job in jobs:
        if job.name in written.digests and _read(found, job, limit) != written.digests[job.name]:
            yield job.name


def _renamed_values(
    found: Checkpoint, source: Checkpoint, jobs: Sequence[Job], written: Written, limit: int
) -> Iterator[str]:
    for job in (job for job in jobs if job.name not in written.digests):
        if _read(found, job, limit) != digest.of_pieces(pieces(job, source, limit)):
            yield job.name


def _read(found: Checkpoint, job: Job, limit: int) -> str:
    return digest.of_pieces(found.pieces(job.path, limit))
