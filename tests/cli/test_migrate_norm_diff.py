"""`migrate-norm --diff` and `git apply` give what `migrate-norm` itself gives."""

import os
import subprocess
from pathlib import Path

import pytest
from migrate_norm.cli.migrate_norm import main

from .fake_codemod import LINEN, NNX, fake

__all__ = ["fake"]

pytestmark = pytest.mark.usefixtures("fake")

FILES = {
    "a.py": LINEN,
    "pkg/crlf.py": LINEN.replace(b"\n", b"\r\n"),
    "pkg/bom.py": b"\xef\xbb\xbf" + LINEN,
    "pkg/latin.py": b"# coding: latin-1\n# \xe4\n" + LINEN,
    "pkg/open end.py": LINEN + b"x = 1",
    "pkg/plain.py": b"x = 1\n",
}


def fill(folder: Path) -> None:
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def check(folder: Path) -> None:
    assert {name: (folder / name).read_bytes() for name in FILES} == {
        name: data.replace(b"linen", b"nnx") for name, data in FILES.items()
    }


def apply(diff: bytes) -> None:
    subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], input=diff, check=True)


@pytest.mark.parametrize("below", [".", "sub"])
def test_git_takes_it_in_the_folder_where_it_was_made(below: str, tmp_path, monkeypatch, capfdbinary) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    folder = tmp_path / below
    fill(folder)
    monkeypatch.chdir(folder)
    assert main([".", "--diff"]) == 0
    apply(capfdbinary.readouterr().out)
    check(folder)


def test_nothing_but_the_diff_is_on_standard_output(tmp_path, monkeypatch, capfdbinary) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_bytes(LINEN)
    main(["a.py", "--diff"])
    written = capfdbinary.readouterr()
    assert written.out == (
        b"--- a/a.py\n+++ b/a.py\n@@ -1,3 +1,3 @@\n"
        b"-from flax import linen\n-class Norm(linen.Module):\n"
        b"+from flax import nnx\n+class Norm(nnx.Module):\n     pass\n"
    )
    assert b"would be rewritten" in written.err


def test_files_elsewhere_are_said_to_be(tmp_path, monkeypatch, capfdbinary) -> None:
    fill(tmp_path / "code")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert main(["../code", "--diff"]) == 0
    written = capfdbinary.readouterr()
    assert f"are relative to {os.path.realpath(tmp_path)}".encode() in written.err
    monkeypatch.chdir(tmp_path)
    apply(written.out)
    check(tmp_path / "code")


def test_the_diff_of_a_link_is_of_what_it_leads_to(tmp_path, monkeypatch, capfdbinary) -> None:
    monkeypatch.chdir(tmp_path)
    Path("real.py").write_bytes(LINEN)
    os.symlink("real.py", "link.py")
    assert main(["link.py", "--diff"]) == 0
    apply(capfdbinary.readouterr().out)
    assert Path("real.py").read_bytes() == NNX
    assert os.path.islink("link.py")
