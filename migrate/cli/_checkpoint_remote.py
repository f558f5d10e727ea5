"""Object stores on the command line: SRC is fetched before, DST sent after what happens between local folders."""

from __future__ import annotations

import argparse
import copy
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..checkpoint.remote import fetch, is_remote, refuse_existing, send


@contextmanager
def local(given: argparse.Namespace) -> Iterator[argparse.Namespace]:
    """Gives the arguments with local paths in the place of remote ones. Raises CheckpointError."""
    here = copy.copy(given)
    with tempfile.TemporaryDirectory(prefix="migrate-norm-") as folder:
        if is_remote(given.dst):
            refuse_existing(given.dst)
            here.dst = str(Path(folder) / "dst")
        if is_remote(given.src):
            source = Path(folder) / "src"
            here.src = str(fetch(given.src, source, given.step, given.item, given.all_steps))
            here.step = here.item = None
        yield here
        if is_remote(given.dst) and Path(here.dst).exists():
            send(Path(here.dst), given.dst, given.memory)
