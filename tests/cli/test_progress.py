"""The bar of bytes: on a terminal while it lasts, and nothing of it anywhere else."""

import contextlib
import io
import os
import pty
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from migrate_norm.cli._progress import progress
from migrate_norm.cli.migrate_checkpoint import main

from ..checkpoint.disk import save

Terminal = Callable[[], AbstractContextManager[list[str]]]

ERASED = "\x1b[2K"
"""What a terminal is told to clear a line: the bar leaves nothing behind."""


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Makes stderr a terminal for a while, and notes what it was told."""
    monkeypatch.setenv("TERM", "xterm")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)

    @contextmanager
    def shown() -> Iterator[list[str]]:
        near, far = pty.openpty()
        said: list[str] = []
        seen = Thread(target=lambda: said.append(_read(near)))
        seen.start()
        with open(far, "w") as stream:
            monkeypatch.setattr(sys, "stderr", stream)
            yield said
        seen.join()
        os.close(near)

    return shown


def _read(terminal: int) -> str:
    """Returns what a terminal is told until the other side is closed, of which Linux says EIO."""
    data = b""
    with contextlib.suppress(OSError):
        while more := os.read(terminal, 1 << 16):
            data += more
    return data.decode()


def test_a_bar_in_bytes_on_a_terminal(
    terminal: Terminal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    src = save(tmp_path / "src", {"params": {"w": np.random.default_rng(0).normal(size=(500, 500))}})
    with terminal() as shown:
        assert main([str(src), str(tmp_path / "nnx")]) == 0
    (said,) = shown
    assert "converting" in said
    assert "/2.0 MB" in said
    assert said.rstrip("\r\n").endswith(ERASED)
    assert "converted 1 leaves" in capsys.readouterr().out


def test_what_is_told_is_drawn(terminal: Terminal) -> None:
    with terminal() as shown, progress("counting") as meter:
        assert meter is not None
        for done in range(0, 12_000_001, 4_000_000):
            meter(done, 10_000_000)
    (said,) = shown
    assert "10.0/10.0 MB" in said  # never more than all
    assert "12.0" not in said


def test_an_error_on_a_terminal_is_one_line_after_the_bar(terminal: Terminal, tmp_path: Path) -> None:
    with terminal() as shown:
        assert main([str(tmp_path / "missing"), str(tmp_path / "nnx")]) == 2
    assert shown[0] == f"migrate-checkpoint: SRC {tmp_path / 'missing'} does not exist\r\n"


@pytest.mark.parametrize("stream", [None, io.StringIO()], ids=["none", "a pipe"])
def test_no_bar_off_a_terminal(stream: io.StringIO | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    with progress("counting") as meter:
        assert meter is None
    assert stream is None or stream.getvalue() == ""
