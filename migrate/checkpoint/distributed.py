"""Conversion by Orbax itself under `jax.distributed`: every process restores, renames and saves its own shards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from . import digest
from .errors import CheckpointError
from .jobs import Job, jobs_of
from .manifest import NAME, PLACES, Manifest, Record
from .plan import Plan
from .records import Cut, DiskPath, Layout, Move, Stored
from .source import OrbaxSource, open_folder
from .tree import nested

AXIS = "all"


def convert_shards(path: Path, draft: Path, plan: Plan, layout: Layout, manifest: Manifest) -> None:
    """Writes the checkpoint `draft` from the Orbax checkpoint `path`; all processes have to call it alike.

    Raises CheckpointError in every process if one of them reads back something else than it saved.
    """
    source = open_folder(path)
    with jax.enable_x64(True):
        jobs = jobs_of(plan.moves, source, layout)
        arrays = _restored(source, jobs)
        made = {job.path: _made(job, arrays) for job in jobs}
        tree = nested([*made.items(), *((void, None) for void in plan.empty)])
        with ocp.StandardCheckpointer() as checkpointer:
            checkpointer.save(draft, tree)
        _compare(draft, made)
        if jax.process_index() == 0:
            _note(draft, jobs, manifest)
    _wait("written")


def leave(name: str) -> None:
    """Waits until every process has come here."""
    _wait(name)


def is_first() -> bool:
    """Whether this is the process that renames and cleans up."""
    return jax.process_index() == 0


def _sharding(shape: Sequence[int]) -> NamedSharding:
    """Splits the first axis that all devices together divide; a leaf without one is on each of them."""
    devices = np.asarray(jax.devices())
    mesh = Mesh(devices, (AXIS,))
    axis = next((i for i, size in enumerate(shape) if size and size % devices.size == 0), None)
    split = () if axis is None else (*(None,) * axis, AXIS)
    return NamedSharding(mesh, PartitionSpec(*split))  # type: ignore[no-untyped-call]


def _restored(source: OrbaxSource, jobs: Sequence[Job]) -> Mapping[DiskPath, Any]:
    wanted = {stored.disk: _abstract(stored) for job in jobs for stored in job.sources}
    item = nested([*wanted.items(), *((void, None) for void in source.empty)])
    args = ocp.args.PyTreeRestore(
        item=item, restore_args=ocp.checkpoint_utils.construct_restore_args(item), partial_restore=True
    )
    with ocp.PyTreeCheckpointer() as checkpointer:
        tree = checkpointer.restore(source.path, args=args)
    return {path: _at(tree, path) for path in wanted}


def _abstract(stored: Stored) -> Any:
    if stored.key_impl:
        key = jax.eval_shape(lambda: jax.random.key(0, impl=stored.key_impl))
        return _struct(stored.shape, key.dtype, _sharding(()))
    return _struct(stored.shape, jnp.dtype(stored.dtype), _sharding(stored.shape))


def _like(array: jax.Array) -> Any:
    return _struct(array.shape, array.dtype, array.sharding)


def _struct(shape: tuple[int, ...], dtype: Any, sharding: Any) -> Any:
    return jax.ShapeDtypeStruct(shape, dtype, sharding=sharding)  # type: ignore[no-untyped-call]


def _at(tree: Any, path: DiskPath) -> Any:
    for element in path:
        tree = tree[element]
    return tree


def _made(job: Job, arrays: Mapping[DiskPath, Any]) -> Any:
    """Returns a leaf of the target, made where its parts are."""
    move = job.moves[0]
    whole = arrays[move.source.stored.disk]
    if job.scalar:
        return int(whole) if np.issubdtype(np.dtype(job.dtype), np.integer) else float(whole)
    if len(job.moves) == 1 and move.whole:
        return whole if job.key_impl or whole.dtype == job.dtype else whole.astype(job.dtype)
    parts = [arrays[move.source.stored.disk] for move in job.moves]
    make = jax.jit(lambda *given: _joined(job.moves, given), out_shardings=_sharding(job.shape))
    return make(*parts)


def _joined(moves: Sequence[Move], parts: Sequence[Any]) -> Any:
    ordered = sorted(zip(moves, parts, strict=True), key=lambda pair: pair[0].put.start if pair[0].put else 0)
    taken = [_taken(part, move.take) for move, part in ordered]
    put = ordered[0][0].put
    if put is None:
        return taken[0]
    return jnp.stack(taken, put.axis) if put.stop is None else jnp.concatenate(taken, put.axis)


def _taken(part: Any, cut: Cut | None) -> Any:
    if cut is None:
        return part
    index: list[Any] = [slice(None)] * part.ndim
    index[cut.axis] = cut.start if cut.stop is None else slice(cut.start, cut.stop)
    return part[tuple(index)]


def _compare(draft: Path, made: Mapping[DiskPath, Any]) -> None:
    """Reads every shard back and compares its bits with those that were saved."""
    arrays = {path: value for path, value in made.items() if isinstance(value, jax.Array)}
    item = nested((path, _like(value)) for path, value in arrays.items())
    args = ocp.args.PyTreeRestore(
        item=item, restore_args=ocp.checkpoint_utils.construct_restore_args(item), partial_restore=True
    )
    with ocp.PyTreeCheckpointer() as checkpointer:
        tree = checkpointer.restore(draft, args=args)
    wrong = [path for path, value in arrays.items() if _shards(value) != _shards(_at(tree, path))]
    faults = multihost_utils.process_allgather(np.asarray([len(wrong)]))
    if np.any(faults):
        names = ", ".join(".".join(map(str, path)) for path in wrong[:20]) or "the shards of another process"
        raise CheckpointError(f"what was written is not what was read, in {names}; nothing is kept")


def _shards(value: Any) -> list[bytes]:
    data = jax.random.key_data(value) if jnp.issubdtype(value.dtype, jax.dtypes.prng_key) else value
    return [np.asarray(shard.data).tobytes() for shard in data.addressable_shards]


def _note(draft: Path, jobs: Sequence[Job], manifest: Manifest) -> None:
    chunks = digest.Chunks(draft, contents=False)
    store = open_folder(draft).store
    records = tuple(Record(job.path, job.shape, job.dtype, chunks.of_leaf(store, job.path)) for job in jobs)
    (draft / NAME).write_text(replace(manifest, leaves=records, digests=PLACES).dumps())


def _wait(name: str) -> None:
    multihost_utils.sync_global_devices(f"migrate-norm {name}")
