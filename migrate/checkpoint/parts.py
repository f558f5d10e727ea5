"""The values of a new leaf, put together from parts of the source a few rows at a time."""

from collections.abc import Iterator

import numpy as np

from .errors import CheckpointError, ConversionError
from .jobs import Job
from .records import Cut, Move
from .source import Array, Checkpoint


def pieces(job: Job, source: Checkpoint, limit: int) -> Iterator[Array]:
    """Yields a job's values in C order as 1-d arrays of about `limit` bytes. Raises CheckpointError."""
    move = job.moves[0]
    if len(job.moves) == 1 and move.whole:
        for piece in source.pieces(move.source.stored.disk, limit):
            yield _as(piece, job)
        return
    yield from _rows(job, source, limit)


def _as(piece: Array, job: Job) -> Array:
    """The one change of dtype that there is: steps, which Linen keeps in another integer than NNX."""
    wanted = np.dtype(job.dtype)
    if piece.dtype == wanted:
        return piece
    if piece.dtype.newbyteorder("=") == wanted:
        return piece.astype(wanted)
    changed = piece.astype(wanted)
    if piece.dtype.kind not in "iu" or wanted.kind not in "iu" or not np.array_equal(changed, piece):
        raise ConversionError(f"{job.name}: {piece.tolist()} of {piece.dtype} is no {job.dtype}")
    return changed


def _rows(job: Job, source: Checkpoint, limit: int) -> Iterator[Array]:
    """Puts the parts of a leaf together, as many of its first axis at once as fit in half of the limit."""
    row = job.nbytes // max(1, job.shape[0]) if job.shape else job.nbytes
    step = max(1, limit // 2 // max(1, row))
    for start in range(0, job.shape[0] if job.shape else 1, step):
        stop = min(start + step, job.shape[0]) if job.shape else 1
        yield _filled(job, source, start, stop, limit).reshape(-1)


def _filled(job: Job, source: Checkpoint, start: int, stop: int, limit: int) -> Array:
    """Returns rows `start` to `stop` of a leaf."""
    rows = np.zeros((stop - start, *job.shape[1:]) if job.shape else (), np.dtype(job.dtype))
    filled = 0
    for move in job.moves:
        filled += _fill(rows, move, source, (start, stop), limit)
    if filled != rows.size:
        raise CheckpointError(f"{job.name}: its parts give {filled} elements of {rows.size}")
    return rows


def _fill(rows: Array, move: Move, source: Checkpoint, span: tuple[int, int], limit: int) -> int:
    """Copies what a move contributes to the rows; returns the number of elements."""
    start, stop = span
    place, shift = rows, start
    if move.put is not None and move.put.axis == 0:  # along the rows themselves
        low = move.put.start
        high = low + 1 if move.put.stop is None else move.put.stop
        if max(low, start) >= min(high, stop):
            return 0
        first, last = max(low, start), min(high, stop)
        place = rows[first - start] if move.put.stop is None else rows[first - start : last - start]
        shift = first - low
        wanted = None if move.put.stop is None else (shift, shift + last - first)
    else:
        place = rows[_index(move.put)] if move.put else rows
        wanted = (start, stop) if rows.ndim else None
    values = _part(source, move, wanted, limit)
    place[...] = values
    return int(values.size)


def _index(cut: Cut) -> tuple[slice | int, ...]:
    return (*(slice(None),) * cut.axis, cut.start if cut.stop is None else slice(cut.start, cut.stop))


def _part(source: Checkpoint, move: Move, rows: tuple[int, int] | None, limit: int) -> Array:
    """Returns the part of a source leaf that a move takes; of that only some of its rows."""
    shape, _ = source.data(move.source.stored.disk)
    box: list[slice] = [slice(0, size) for size in shape]
    dropped = None
    if move.take is not None:
        stop = move.take.start + 1 if move.take.stop is None else move.take.stop
        box[move.take.axis] = slice(move.take.start, stop)
        dropped = move.take.axis if move.take.stop is None else None
    if rows is not None:
        axis = 1 if dropped == 0 else 0
        base = box[axis].start
        box[axis] = slice(base + rows[0], base + rows[1])
    values = source.region(move.source.stored.disk, tuple(box), limit)
    return values if dropped is None else values.reshape(values.shape[:dropped] + values.shape[dropped + 1 :])
