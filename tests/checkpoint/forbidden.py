"""Converts, checks and inspects checkpoints of which something may not be read; prints as JSON how each ended.

A program of its own: root may read everything, unless it gives that right up, and with it all of its threads.
TensorStore must have no threads yet, so FOLDER already holds a checkpoint `src` and its conversion `dst`.
Run: python -m tests.checkpoint.forbidden FOLDER
"""

import ctypes
import json
import sys
from collections.abc import Callable
from pathlib import Path

from migrate_norm.checkpoint import (
    CheckpointError,
    check_checkpoint,
    convert_checkpoint,
    inspect_checkpoint,
)

NAMES = (".", "_METADATA", "manifest.ocdbt", "ocdbt.process_0")
VERSION = 0x20080522
"""Of Linux's capabilities: two sets of three words each, all of which become zero here."""


def become_anybody() -> None:
    """Gives up every capability. Raises OSError."""
    header, sets = (ctypes.c_uint32 * 2)(VERSION, 0), (ctypes.c_uint32 * 6)()
    if ctypes.CDLL(None, use_errno=True).capset(header, sets):
        raise OSError(ctypes.get_errno(), "capset")


def outcome(run: Callable[[], object]) -> str:
    try:
        run()
    except CheckpointError as error:
        return str(error)
    return "done"


def forbidden(path: Path, run: Callable[[], object]) -> str:
    mode = path.stat().st_mode
    path.chmod(0)
    try:
        return outcome(run)
    finally:
        path.chmod(mode)


def main(folder: Path) -> None:
    src, dst, place = folder / "src", folder / "dst", folder / "place"
    place.mkdir()
    become_anybody()
    found: dict[str, str] = {}
    for name in NAMES:
        found[f"convert, {name}"] = forbidden(src / name, lambda: convert_checkpoint(src, place / "nnx"))
        found[f"inspect, {name}"] = forbidden(src / name, lambda: inspect_checkpoint(src))
        found[f"check, {name}"] = forbidden(dst / name, lambda: check_checkpoint(dst))
        back = {"reverse": True, "like": src}
        found[f"like, {name}"] = forbidden(
            src / name, lambda back=back: convert_checkpoint(dst, place / "back", **back)
        )
    found["left"] = str(sorted(path.name for path in place.iterdir()))
    mode = place.stat().st_mode
    place.chmod(0o500)
    found["no room"] = outcome(lambda: convert_checkpoint(src, place / "nnx"))
    place.chmod(mode)
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
