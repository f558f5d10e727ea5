"""Converts SRC to DST and kills itself, with SIGKILL, at the N-th time that Python touches a file beside DST.

Run: python -m tests.checkpoint.killed SRC DST N; prints how often that was if it lives to the end.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from migrate_norm.checkpoint import convert_checkpoint

from .models import build

EVENTS = frozenset({"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.listdir", "os.scandir"})


class Trap:
    """An audit hook that counts, and pulls the plug."""

    def __init__(self, folder: Path, last: int) -> None:
        self.folder, self.last, self.count = str(folder), last, 0

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in EVENTS and self.folder in os.fsdecode(str(arguments[0])):
            self.count += 1
            if self.count == self.last:
                os.kill(os.getpid(), signal.SIGKILL)


def main(src: str, dst: Path, last: int) -> None:
    trap = Trap(dst.parent, last)
    sys.addaudithook(trap)
    convert_checkpoint(src, dst, model=build)
    sys.stdout.write(str(trap.count))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
