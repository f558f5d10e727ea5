"""Killed at many points: DST is absent or complete, SRC as it was, and the next run succeeds."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from migrate_norm.checkpoint import convert_checkpoint

from .disk import as_bytes, program
from .models import build


def run(src: Path, dst: Path, last: int) -> subprocess.CompletedProcess[str]:
    dst.parent.mkdir()
    return program("killed", src, dst, last)


def points(count: int) -> Iterator[int]:
    """Every third touch, and each of the last few, where the rename is."""
    yield from (n for n in range(1, count + 1) if n % 3 == 1 or n > count - 5)


def test_killed_at_many_points(saved: Path, tmp_path: Path) -> None:
    whole = run(saved, tmp_path / "whole" / "dst", 0)
    assert whole.returncode == 0, whole.stderr
    complete = as_bytes(tmp_path / "whole" / "dst")
    seen = set()
    for last in points(int(whole.stdout)):
        dst = tmp_path / f"killed at {last}" / "dst"
        assert run(saved, dst, last).returncode == -signal.SIGKILL
        seen.add(dst.exists())
        if not dst.exists():
            assert convert_checkpoint(saved, dst, model=build).written
            assert [path.name for path in dst.parent.iterdir()] == ["dst"]
        assert as_bytes(dst) == complete
    assert seen == {True, False}
