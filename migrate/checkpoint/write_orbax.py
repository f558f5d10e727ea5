"""Writes a checkpoint as Orbax has it: leaves that are renamed keep their chunks, the others are streamed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import digest
from .classify import Renamed, renamed
from .jobs import Job
from .parts import pieces
from .records import DiskPath, Placement
from .source import Array, Checkpoint, OrbaxSource
from .store import ocdbt, rekey, zarr, zarr_new
from .store.open import OrbaxStore
from .store.place import Report, place
from .store.values import Ref, Value
from .store.write import chunk_shape, encoded, write_database, write_files
from .store.zarr_dtypes import item_size
from .write_sides import write_sides


@dataclass(frozen=True)
class Options:
    """`limit` is the size in bytes of the largest piece that is read at once, `batch` that of what is written."""

    placement: Placement
    limit: int
    batch: int
    report: Report
    chunks: digest.Chunks


@dataclass(frozen=True)
class Written:
    """What a draft has to hold: the value of every key, and a digest of the values of each leaf that was decoded."""

    index: Mapping[str, Value]
    digests: Mapping[str, str]


def write_orbax(
    draft: Path, source: Checkpoint, jobs: Sequence[Job], empty: Sequence[DiskPath], options: Options
) -> Written:
    """Fills the folder `draft`, which it creates. Raises CheckpointError, OSError, ValueError."""
    store = source.store if isinstance(source, OrbaxSource) else None
    kept = {job: found for job in jobs if store and (found := renamed(job, store))}
    streamed = {job: _plain(job, store, options.batch // 2) for job in jobs if job not in kept}
    draft.mkdir()
    streams = _Streams(source, streamed, options)
    if store is None or store.tree.ocdbt:
        index = _database(draft, store, kept, streams, options)
    else:
        index = _folders(draft, store, kept, streams, options)
    metas = {job: found.meta for job, found in kept.items()} | streamed
    write_sides(draft, store, jobs, metas, empty)
    return Written(index, streams.digests)


class _Streams:
    """The keys and bytes of leaves that are decoded; knows the digest of their values afterwards."""

    def __init__(self, source: Checkpoint, metas: Mapping[Job, zarr.ArrayMeta], options: Options) -> None:
        self._source, self.metas, self._options = source, metas, options
        self.digests: dict[str, str] = {}

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        for job, meta in self.metas.items():
            yield from encoded(meta, job.prefix, self._pieces(job))

    def _pieces(self, job: Job) -> Iterator[Array]:
        for piece in digest.of_values(pieces(job, self._source, self._options.limit)):
            if isinstance(piece, str):
                self.digests[job.name] = piece
            else:
                self._options.report(piece.nbytes)
                yield piece


def _plain(job: Job, store: OrbaxStore | None, most: int) -> zarr.ArrayMeta:
    chunks = chunk_shape(job.shape, item_size(job.dtype), most)
    return zarr_new.plain(job.shape, job.dtype, chunks, zarr3=store is not None and store.tree.zarr3)


def _database(
    draft: Path, store: OrbaxStore | None, kept: Mapping[Job, Renamed], streams: _Streams, options: Options
) -> Mapping[str, Value]:
    keys = {new: old for found in kept.values() for new, old in found.keys.items()}
    donors = (
        rekey.place_databases(store, keys, draft, options.placement, options.report, options.chunks.tap)
        if store
        else []
    )
    wanted = rekey.wanted_values(store, keys, donors) if store else {}
    if streams.metas:
        name = _free(donors)
        write_database(draft / name, streams, options.batch)
        own = rekey.Donor(name, ocdbt.read_index(draft / name))
        donors.append(own)
        wanted |= {k: rekey.below(f"{name}/", v) if isinstance(v, Ref) else v for k, v in own.index.items()}
    rekey.enter(draft, wanted, donors)
    return wanted


def _free(donors: Sequence[rekey.Donor]) -> str:
    taken = {donor.name for donor in donors}
    return next(name for i in range(len(taken) + 1) if (name := f"ocdbt.process_{i}") not in taken)


def _folders(
    draft: Path, store: OrbaxStore, kept: Mapping[Job, Renamed], streams: _Streams, options: Options
) -> Mapping[str, Value]:
    index = write_files(draft, streams)
    for found in kept.values():
        for new, old in found.keys.items():
            value = old if isinstance(old, bytes) else store.index[old]
            if isinstance(value, bytes):
                index |= write_files(draft, [(new, value)])
                continue
            index[new] = Ref(new, 0, value.length)
            tap = options.chunks.tap([Ref(new, 0, value.length)])
            place(store.folder / value.file, draft / new, options.placement, options.report, tap)
    return index
