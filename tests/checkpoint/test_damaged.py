"""A SRC that is cut short, emptied or incomplete is refused, and never filled up with zeros."""

import json
from pathlib import Path

from .disk import program

NOT_NEEDED = {"deleted _sharding", "deleted array_metadatas/process_0"}  # Orbax restores without them as well


def test_damaged_sources(tmp_path: Path) -> None:
    done = program("damage", tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found) == 18
    for case, said in found.items():
        expected = "converted" if case in NOT_NEEDED else ("cannot read", "SRC")
        assert said.startswith(expected), (case, said)
        assert "CHANGED" not in said
        assert "Traceback" not in said
