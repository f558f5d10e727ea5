"""Re-reads a finished checkpoint and compares it with what should be in it, leaf by leaf and byte by byte."""

from collections.abc import Sequence
from pathlib import Path

from .disk_names import stored_name
from .errors import CheckpointError
from .orbax_store import Arrays, read_arrays, read_table
from .records import Layout, Move, Stored


def check_arrays(path: Path, table: Sequence[Stored], arrays: Arrays) -> None:
    """Raises CheckpointError where a checkpoint's arrays are not those that its own metadata announces."""
    announced = {stored.disk: (stored.shape, stored.dtype) for stored in table if not stored.key_impl}
    found = {disk: (array.shape, str(array.dtype)) for disk, array in arrays.items()}
    keys = {stored.disk for stored in table if stored.key_impl}
    if found.keys() != announced.keys() | keys or any(found[disk] != announced[disk] for disk in announced):
        raise CheckpointError(f"{path}: the arrays that can be read are not those that its metadata lists")


def check_written(draft: Path, moves: Sequence[Move], arrays: Arrays, layout: Layout) -> None:
    """Raises CheckpointError unless the draft holds every moved leaf, and nothing else, bit for bit."""
    table, found = read_table(draft), read_arrays(draft)
    check_arrays(draft, table, found)
    kinds = {stored.disk: (stored.shape, stored.dtype, stored.key_impl) for stored in table}
    wanted = {move.target.disk(layout): move.source.stored for move in moves}
    faults = [stored_name(disk) for disk in sorted(wanted.keys() ^ kinds.keys(), key=stored_name)]
    for disk in wanted.keys() & kinds.keys():
        source = wanted[disk]
        same = (source.shape, source.dtype, source.key_impl) == kinds[disk]
        if not (same and arrays[source.disk].tobytes() == found[disk].tobytes()):
            faults.append(stored_name(disk))
    if faults:
        raise CheckpointError(
            f"what was written is not what was read, in {', '.join(sorted(faults))}; nothing is kept"
        )
