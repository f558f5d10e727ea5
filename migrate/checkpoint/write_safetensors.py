"""Writes the leaves of a plan to one safetensors file, and compares what is in it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from . import digest
from .errors import CheckpointError
from .formats import StoredArray, open_file, write_safetensors
from .jobs import Job
from .manifest import Record
from .parts import pieces
from .source import Array, Checkpoint
from .storable import SEPARATOR, stored_array
from .store.place import Report


def write_safetensors_file(
    file: Path, source: Checkpoint, jobs: Sequence[Job], limit: int, report: Report
) -> tuple[Record, ...]:
    """Returns a record of every tensor. Raises CheckpointError, FormatError for what the format cannot hold."""
    arrays = {stored_array(job): job for job in jobs}
    digests: dict[Job, str] = {}
    stream = ((array, _pieces(job, source, limit, report, digests)) for array, job in arrays.items())
    with file.open("xb") as out:
        write_safetensors(out, stream, list(arrays), SEPARATOR, {"format": "flax"})
    _compare(file, arrays, digests, limit)
    return tuple(Record(array.path, array.shape, array.dtype, digests[job]) for array, job in arrays.items())


def _pieces(
    job: Job, source: Checkpoint, limit: int, report: Report, digests: dict[Job, str]
) -> Iterator[Array]:
    for piece in digest.of_values(pieces(job, source, limit)):
        if isinstance(piece, str):
            digests[job] = piece
        else:
            report(piece.nbytes)
            yield piece


def _compare(file: Path, arrays: dict[StoredArray, Job], digests: dict[Job, str], limit: int) -> None:
    with open_file(file, SEPARATOR) as found:
        if set(found.arrays) != arrays.keys():
            raise CheckpointError(f"{file}: its header is not what was written; nothing is kept")
        for array, job in arrays.items():
            if digest.of_pieces(found.read(array, limit)) != digests[job]:
                raise CheckpointError(
                    f"what was written is not what was read, in {job.name}; nothing is kept"
                )
