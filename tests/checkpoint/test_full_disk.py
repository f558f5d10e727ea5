"""A disk that takes no more: one line of explanation, exit code 2, nothing left."""

from pathlib import Path

import jax
import pytest

from .disk import contents, program, save


@pytest.mark.parametrize("limit", [0, 100, 100_000])
def test_writing_fails(limit: int, tmp_path: Path) -> None:
    src = save(tmp_path / "src", {"params": {"w": jax.random.normal(jax.random.key(0), (50_000,))}})
    before = contents(src)
    done = program("full_disk", src, tmp_path / "dst", limit)
    assert done.returncode == 2, done.stderr
    assert "migrate-checkpoint: cannot write" in done.stderr
    assert "File too large" in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["src"]
    assert contents(src) == before
