"""Reads a whole file in small pieces and prints, as JSON, its checksums and the memory that this took.

A program of its own, for the peak memory of a process never shrinks.
Run: python -m tests.checkpoint.formats.read_all FILE LIMIT [SAFETENSORS]
With a third argument the arrays are also written there.
"""

import json
import sys
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from migrate_norm.checkpoint.formats import FileStore, StoredArray, open_file, write_safetensors

HEAVY = {"jax", "jaxlib", "flax", "orbax", "tensorstore", "optax", "safetensors", "msgpack", "pickle"}


def peak_mib() -> float:
    """Returns the peak of resident memory since this program was started, in MiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def summed(pieces: Iterable[np.ndarray], name: str, sums: dict[str, int]) -> Iterator[np.ndarray]:
    """Passes pieces on and keeps the CRC of their bytes."""
    sums[name] = 0
    for piece in pieces:
        sums[name] = zlib.crc32(piece.view(np.uint8), sums[name])
        yield piece


def read(
    store: FileStore, limit: int, sums: dict[str, int]
) -> Iterator[tuple[StoredArray, Iterator[np.ndarray]]]:
    for array in store.arrays:
        yield array, summed(store.read(array, limit), "/".join(array.path), sums)


def main(path: str, limit: str, target: str | None = None) -> None:
    before, sums = peak_mib(), dict[str, int]()
    with open_file(path) as store:
        opened, arrays = peak_mib(), read(store, int(limit), sums)
        if target is None:
            for _, pieces in arrays:
                for _ in pieces:
                    pass
        else:
            with open(target, "wb") as file:
                write_safetensors(file, arrays, store.arrays, "/", {})
    found = {"before": before, "opened": opened, "peak": peak_mib(), "sums": sums}
    sys.stdout.write(json.dumps({**found, "imported": sorted(HEAVY & set(sys.modules))}))


if __name__ == "__main__":
    main(*sys.argv[1:])
