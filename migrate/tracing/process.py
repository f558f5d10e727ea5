"""Starts the worker, and a new one behind a model that hangs or ends it. Does not import JAX."""

import json
import os
import queue
import subprocess
import sys
from collections.abc import Iterator, Sequence
from threading import Thread
from typing import IO

from .entries import LIMIT, Answer, Entry

START = 120.0
"""Seconds that importing JAX may take, which does not count as a model's own."""


def trace_models(
    entries: Sequence[Entry], files: Sequence[str], folder: str, limit: float = LIMIT
) -> Iterator[Answer]:
    """Yields an answer for each entry, in order.

    `files` are the real paths in which places are looked for; modules are imported from `folder` and its `src`. Half
    of `limit`, the seconds for one entry, is for runs with other sizes and fields, the other half for the last of them
    to come to its end.
    """
    left = list(entries)
    while left:
        worker = _Worker(left, files, folder, limit)
        try:
            if (problem := worker.start(max(limit, START))) is not None:
                yield from (problem for _ in left)
                return
            while left:
                answer, alive = worker.answer(limit)
                del left[0]
                yield answer
                if not alive:
                    break
        finally:
            worker.close()


class _Worker:
    def __init__(self, entries: Sequence[Entry], files: Sequence[str], folder: str, limit: float):
        paths = [folder, *([src] if os.path.isdir(src := os.path.join(folder, "src")) else [])]
        asked = [vars(entry) for entry in entries]
        self.request = {"paths": paths, "files": [*files], "entries": asked, "seconds": limit / 2}
        self.lines: queue.Queue[bytes] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "migrate_norm.tracing"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={**os.environ, "JAX_PLATFORMS": "cpu", "PYTHONNODEBUGRANGES": ""},
        )

    def start(self, limit: float) -> Answer | None:
        """Hands over the request. Returns what is wrong where the worker does not come up."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(self.request).encode())
            self.process.stdin.close()
        except OSError:  # it has ended, which the answer says
            pass
        Thread(target=_read, args=(self.process.stdout, self.lines), daemon=True).start()
        answer, alive = self.answer(limit)
        return None if alive else Answer(error=f"the worker did not start: {answer.error}")

    def answer(self, limit: float) -> tuple[Answer, bool]:
        """Returns the next answer, and whether the worker can be asked for more."""
        try:
            line = self.lines.get(timeout=limit)
        except queue.Empty:
            return Answer(error=f"it took longer than {limit:.0f} s"), False
        if not line:
            return Answer(error=f"it ended its process (exit code {self.process.wait()})"), False
        said = json.loads(line)
        return Answer(tuple(said.get("runs", ())), said.get("error", ""), said.get("file", "")), True

    def close(self) -> None:
        """Ends the process; the reader closes the pipe when it has seen its end."""
        self.process.kill()
        self.process.wait()


def _read(stream: IO[bytes], lines: "queue.Queue[bytes]") -> None:
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(b"")
