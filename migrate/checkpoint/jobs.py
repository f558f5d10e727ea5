"""The leaves of the new checkpoint, and the moves that each is made of."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .disk_names import key_prefix, stored_name
from .records import DiskPath, Layout, Move, Stored
from .source import Checkpoint


@dataclass(frozen=True)
class Job:
    """One leaf to write. `shape` and `dtype` are those of what is stored: of a typed PRNG key its data."""

    path: DiskPath
    shape: tuple[int, ...]
    dtype: str
    moves: tuple[Move, ...]
    key_impl: str | None = None
    scalar: bool = False

    @property
    def name(self) -> str:
        return stored_name(self.path)

    @property
    def prefix(self) -> str:
        return key_prefix(self.path)

    @property
    def sources(self) -> tuple[Stored, ...]:
        return tuple(move.source.stored for move in self.moves)

    @property
    def nbytes(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64)) * np.dtype(self.dtype).itemsize


def jobs_of(moves: Sequence[Move], source: Checkpoint, layout: Layout) -> tuple[Job, ...]:
    """Returns one job for each leaf of the target, in the order of the moves."""
    groups: dict[DiskPath, list[Move]] = defaultdict(list)
    for move in moves:
        groups[move.target.disk(layout)].append(move)
    return tuple(_job(path, tuple(group), source) for path, group in groups.items())


def _job(path: DiskPath, moves: tuple[Move, ...], source: Checkpoint) -> Job:
    first = moves[0]
    shape, dtype = source.data(first.source.stored.disk)
    tail = shape[len(first.source.stored.shape) :]  # a typed key's data
    kind = first.source.stored.key_impl
    named = dtype if kind else first.target.leaf.dtype
    return Job(path, (*first.target.leaf.shape, *tail), named, moves, kind, first.target.scalar)
