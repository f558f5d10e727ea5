"""Diffs against `git apply` and `patch`, the programs that have to take them."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest
from migrate_norm.report.diff import unified

BEFORE = b"import a\n\n\ndef f(x):\n    return x\n\n\n" + b"y = 0\n" * 20 + b"z = 1\n"
AFTER = BEFORE.replace(b"return x", b"return x + 1").replace(b"z = 1", b"z = 2\nw = 3")

CASES = {
    "two hunks": (BEFORE, AFTER),
    "carriage returns": (BEFORE.replace(b"\n", b"\r\n"), AFTER.replace(b"\n", b"\r\n")),
    "byte order mark": (b"\xef\xbb\xbf" + BEFORE, b"\xef\xbb\xbf" + AFTER),
    "no newline at the end": (BEFORE[:-1], AFTER[:-1]),
    "newline at the end added": (BEFORE[:-1], AFTER),
    "newline at the end removed": (BEFORE, AFTER[:-1]),
    "latin-1": (b"# \xe4\n" + BEFORE, b"# \xe4\n" + AFTER),
    "lone carriage returns, form feeds, separators": (
        b"a\rb\x0c\x1c\n\xe2\x80\xa8x\n",
        b"a\rc\x0c\x1c\n\xe2\x80\xa8x\n",
    ),
    "long lines and markup": (b"x = '" + b"[bold]" * 500 + b"'\n", b"y = '" + b"[bold]" * 500 + b"'\n"),
    "lines that look like headers": (b"-- a\n++ b\n@@\n\\ x\n", b"++ b\n-- a\n@@\n\\ y\n"),
}
NAMES = ["a.py", "pkg/a b.py", "pkg/ü.py", 'q"uo\\te.py', "tab\there.py", "-a.py", "a/b/c.py"]


def apply(tool: str, diff: bytes) -> None:
    command = {"git": ["git", "apply", "--whitespace=nowarn", "-"], "patch": ["patch", "-p1", "--quiet"]}[
        tool
    ]
    subprocess.run(command, input=diff, check=True)


@pytest.mark.parametrize("tool", ["git", "patch"])
@pytest.mark.parametrize("case", CASES)
def test_content_round_trip(tool: str, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = CASES[case]
    if tool == "patch" and shutil.which("patch") is None:
        pytest.skip("no patch here")
    monkeypatch.chdir(tmp_path)
    file = Path("a.py")
    file.write_bytes(before)
    apply(tool, unified("a.py", before, after))
    assert file.read_bytes() == after


@pytest.mark.parametrize("name", NAMES)
def test_name_round_trip(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(BEFORE)
    apply("git", unified(name, BEFORE, AFTER))
    assert file.read_bytes() == AFTER


def test_many_random_files_in_one_diff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    draw = random.Random(7)
    files = {f"{i}.py": (_some(draw), _some(draw)) for i in range(60)}
    for name, (before, _) in files.items():
        Path(name).write_bytes(before)
    apply("git", b"".join(unified(name, *versions) for name, versions in files.items()))
    assert {name: Path(name).read_bytes() for name in files} == {n: after for n, (_, after) in files.items()}


def _some(draw: random.Random) -> bytes:
    lines = draw.choices([b"a", b"b", b"", b"  c", b"-d", b"+e", b"f\r"], k=draw.randint(1, 30))
    return b"\n".join(lines) + draw.choice([b"", b"\n", b"x"])


def test_nothing_changed_is_no_diff() -> None:
    assert unified("a.py", BEFORE, BEFORE) == b""
