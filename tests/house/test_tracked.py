"""What must not be in a file that is tracked: places of one machine, and where its packages come from."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# written in pieces, so that this file passes its own test
HOSTS = re.compile("|".join([r"pypi\." + "org", "python" + "hosted", "index" + "-url", "trusted" + "-host"]))
PLACES = re.compile(
    r"(?<![\w.~-])/(?:ro" + r"ot|wo" + r"rk|ho" + r"me/\w+|Us" + r"ers/\w+|var/fol" + "ders)/"
)


def _tracked() -> list[Path]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: no file is tracked")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("pattern", [HOSTS, PLACES], ids=["hosts", "places"])
def test_no_file_names(pattern: re.Pattern[str]) -> None:
    files = _tracked()
    assert len(files) > 50
    found = []
    for path in files:
        text = path.read_bytes().decode(errors="replace")
        found += [f"{path.relative_to(ROOT)}: {match.group()}" for match in pattern.finditer(text)]
    assert not found


@pytest.mark.parametrize("text", ["/ro" + "ot/x", '"/wo' + 'rk/main"', "in /ho" + "me/someone/a"])
def test_pattern_finds_places(text: str) -> None:
    assert PLACES.search(text)


@pytest.mark.parametrize("text", ["a/ro" + "ot/x", "~/wo" + "rk/x", "/usr/bin", "net" + "work/x"])
def test_pattern_leaves_others(text: str) -> None:
    assert not PLACES.search(text)


def test_caches_and_outputs_are_not_tracked() -> None:
    parts = {part for path in _tracked() for part in path.relative_to(ROOT).parts}
    assert not parts & {".venv", ".corpus", "__pycache__", "build", "dist", "out", ".mypy_cache"}
