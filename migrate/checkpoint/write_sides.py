"""The small files of a new checkpoint: its tree, shardings, metadata of arrays, and Orbax's marks."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from .disk_names import stored_name
from .jobs import Job
from .records import DiskPath
from .store import metadata, side_files
from .store.open import OrbaxStore
from .store.zarr import ArrayMeta

HANDLER = "orbax.checkpoint._src.handlers.standard_checkpoint_handler.StandardCheckpointHandler"


def write_sides(
    draft: Path,
    store: OrbaxStore | None,
    jobs: Sequence[Job],
    metas: Mapping[Job, ArrayMeta],
    empty: Sequence[DiskPath],
) -> None:
    """Writes all that `StandardCheckpointer` writes beside the arrays."""
    shapes = _write_shapes(store, jobs, metas)
    entries = [_entry(job, shapes[job]) for job in jobs] + [metadata.Entry(path, "None") for path in empty]
    entries.sort(key=lambda entry: _order(entry.path))
    ocdbt, zarr3, dense = (
        (store.tree.ocdbt, store.tree.zarr3, store.tree.dense) if store else (True, False, True)
    )
    metadata.write_metadata(draft, metadata.Metadata(tuple(entries), ocdbt, zarr3, dense))
    arrays = [job for job in jobs if not job.scalar]
    side_files.write_shardings(draft, {job.name: _sharding(job, store) for job in arrays})
    side_files.write_extras(draft, [_extra(job, shapes[job], metas[job].chunks) for job in arrays])
    _write_marks(draft)


def _order(path: DiskPath) -> list[tuple[str, int]]:
    """Sorts the places of a list by number: some releases of Orbax read a list only if it comes in order."""
    return [("", element) if isinstance(element, int) else (element, 0) for element in path]


def _write_shapes(
    store: OrbaxStore | None, jobs: Sequence[Job], metas: Mapping[Job, ArrayMeta]
) -> dict[Job, tuple[int, ...]]:
    """Returns the shape that one device wrote: the source's own where a leaf stays in one piece."""
    known = {entry.path: entry.shape for entry in store.tree.entries} if store else {}
    whole = {job: known.get(job.moves[0].source.stored.disk) for job in jobs if job.moves[0].whole}
    return {job: whole.get(job) or metas[job].shape for job in jobs}


def _entry(job: Job, shape: tuple[int, ...]) -> metadata.Entry:
    return metadata.Entry(job.path, metadata.SCALAR if job.scalar else metadata.ARRAY, shape)


def _extra(job: Job, shape: tuple[int, ...], chunks: tuple[int, ...]) -> side_files.Extra:
    return side_files.Extra(job.name, shape, chunks, job.key_impl)


def _sharding(job: Job, store: OrbaxStore | None) -> str:
    """Returns the source's sharding; that of one CPU, which there is everywhere, where the source says none."""
    move = job.moves[0]
    found = None if store is None else store.shardings.get(stored_name(move.source.stored.disk))
    if found is None:
        return side_files.ONE_CPU
    if move.take and move.take.stop is None:
        return side_files.removed(found, move.take.axis)
    if move.put and move.put.stop is None:
        return side_files.inserted(found, move.put.axis)
    return found


def _write_marks(draft: Path) -> None:
    now = time.time_ns()
    about = {
        "item_handlers": HANDLER,
        "metrics": {},
        "performance_metrics": {},
        "custom_metadata": {},
        "init_timestamp_nsecs": now,
        "commit_timestamp_nsecs": now,
    }
    (draft / "_CHECKPOINT_METADATA").write_text(json.dumps(about))
    (draft / "commit_success.txt").write_text("Checkpoint commit was successful, by migrate-checkpoint")
