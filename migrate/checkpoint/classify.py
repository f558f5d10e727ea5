"""Which leaves of a new checkpoint are chunks of the old one under other names, and need not be read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .disk_names import key_prefix
from .jobs import Job
from .records import Cut, Move
from .store import zarr, zarr_new
from .store.open import OrbaxStore
from .store.zarr import ArrayMeta

Place = tuple[int, ...]


@dataclass(frozen=True)
class Renamed:
    """A leaf whose chunks stay as they are: its metadata, and the source's key of each chunk by the new one."""

    meta: ArrayMeta
    keys: Mapping[str, str | bytes]


def renamed(job: Job, store: OrbaxStore) -> Renamed | None:
    """Returns the leaf's keys, None where its values have to be read."""
    metas = [store.arrays[move.source.stored.disk] for move in job.moves]
    if any(meta.dtype != job.dtype for meta in metas):
        return None
    meta = metas[0] if _is_kept(job) else _restacked(job, metas)
    if meta is None or meta.shape != job.shape:
        return None
    chunks = {
        f"{job.prefix}{meta.chunk_key(place)}": key
        for move in job.moves
        for place, key in _places(move, meta, store)
    }
    return Renamed(meta, {f"{job.prefix}{zarr.NAMES[meta.zarr3]}": _metadata(job, meta), **chunks})


def _is_kept(job: Job) -> bool:
    return len(job.moves) == 1 and job.moves[0].whole


def _metadata(job: Job, meta: ArrayMeta) -> str | bytes:
    if _is_kept(job):
        return f"{key_prefix(job.moves[0].source.stored.disk)}{zarr.NAMES[meta.zarr3]}"
    return meta.dumps()


def _restacked(job: Job, metas: list[ArrayMeta]) -> ArrayMeta | None:
    """Returns the metadata of stacked, joined or separated arrays, where their chunks can stay."""
    first, move = metas[0], job.moves[0]
    alike = all(_kind(meta) == _kind(first) for meta in metas)
    if not alike or not zarr_new.can_restack(first) or any(m.take and m.put for m in job.moves):
        return None
    if move.put is not None:
        axis = move.put.axis
        if move.put.stop is None:
            same = all(meta.shape == first.shape for meta in metas)
            return zarr_new.inserted(first, axis, len(metas)) if same else None
        whole = all(meta.shape[axis] % meta.chunks[axis] == 0 for meta in metas)
        return zarr_new.resized(first, job.shape) if whole else None
    if move.take is not None and len(metas) == 1:
        return _taken(first, move.take, job.shape)
    return None


def _taken(meta: ArrayMeta, cut: Cut, shape: tuple[int, ...]) -> ArrayMeta | None:
    chunk = meta.chunks[cut.axis]
    if cut.stop is None:
        return zarr_new.removed(meta, cut.axis) if chunk == 1 else None
    return zarr_new.resized(meta, shape) if cut.start % chunk == cut.stop % chunk == 0 else None


def _kind(meta: ArrayMeta) -> object:
    """What has to be equal for chunks to belong to one array."""
    return {**meta.raw, "shape": None}


def _places(move: Move, meta: ArrayMeta, store: OrbaxStore) -> Iterator[tuple[Place, str]]:
    """Yields where each chunk of the source that is meant lies in the target, and its key."""
    leaf = move.source.stored.disk
    for place, key in store.chunks(leaf).items():
        new = _moved(place, move.take, -1, store.arrays[leaf].chunks) if move.take else place
        if new is not None:
            found = _moved(new, move.put, 1, meta.chunks) if move.put else new
            if found is not None:
                yield found, key


def _moved(place: Place, cut: Cut, sign: int, chunks: tuple[int, ...]) -> Place | None:
    """Returns a chunk's place in the part (sign -1), or a part's chunk in the whole (1); None if it is not there."""
    axis = cut.axis
    if cut.stop is None:
        if sign > 0:
            return (*place[:axis], cut.start, *place[axis:])
        return (*place[:axis], *place[axis + 1 :]) if place[axis] == cut.start else None
    first = cut.start // chunks[axis]
    if sign < 0 and not first <= place[axis] < cut.stop // chunks[axis]:
        return None
    return (*place[:axis], place[axis] + sign * first, *place[axis + 1 :])
