"""A SRC that is cut short, emptied or incomplete is refused, and never filled up with zeros."""

import json
import subprocess
import sys
from pathlib import Path

NOT_NEEDED = {"deleted _sharding", "deleted array_metadatas/process_0"}  # Orbax restores without them as well


def test_damaged_sources(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.checkpoint.damage", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert len(found) == 18
    for case, said in found.items():
        expected = "converted" if case in NOT_NEEDED else ("cannot read", "SRC")
        assert said.startswith(expected), (case, said)
        assert "CHANGED" not in said
        assert "Traceback" not in said
