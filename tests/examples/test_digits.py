"""The demo runs from end to end, and says so when something is off."""

import subprocess
import sys
from pathlib import Path

from .load import EXAMPLES


def test_demo(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "demo.py", str(out)]
    done = subprocess.run(command, cwd=EXAMPLES / "digits", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    table = dict(line.split("  ", 1) for line in done.stdout.splitlines()[-8:])
    assert table["leaves converted"].strip() == "7"
    assert table["verification"].strip().startswith("PROVED for every value of inputs and leaves")
    assert (out / "loss.png").read_bytes().startswith(b"\x89PNG")
