"""What `migrate-norm` does to files, prints and returns, with a codemod small enough to foresee."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from migrate_norm.catalog import mapping
from migrate_norm.catalog.codes import CODES
from migrate_norm.cli import _write
from migrate_norm.cli._hold import LINKED, UNCOMMITTED, UNWRITABLE
from migrate_norm.cli._walk import UNREADABLE
from migrate_norm.cli.migrate_norm import main

from .fake_codemod import LINEN, NNX, PLAIN, REFUSED, fake, migrate_files

__all__ = ["fake"]

pytestmark = pytest.mark.usefixtures("fake", "here")

BROKEN = b"def f(:\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(path: str, data: bytes = LINEN) -> Path:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file


def git(*arguments: str) -> None:
    identity = ["-c", "user.name=n", "-c", "user.email=e@x", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


def commit_all() -> None:
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "start")


@pytest.mark.parametrize(
    ("data", "options", "code", "after"),
    [
        (LINEN, [], 0, NNX),
        (LINEN, ["--check"], 1, LINEN),
        (LINEN, ["--diff"], 0, LINEN),
        (LINEN, ["--diff", "--check"], 1, LINEN),
        (NNX, ["--check"], 0, NNX),
        (PLAIN, [], 0, PLAIN),
        (PLAIN, ["--check"], 0, PLAIN),
        (REFUSED, [], 1, REFUSED),
        (REFUSED, ["--diff"], 1, REFUSED),
        (BROKEN, [], 2, BROKEN),
        (BROKEN, ["--check"], 2, BROKEN),
        (b"", [], 0, b""),
        (b"\x00\x01\xff linen", [], 2, b"\x00\x01\xff linen"),
        (b"linen = '\xff'\n", [], 2, b"linen = '\xff'\n"),
    ],
)
def test_exit_code_and_content(data: bytes, options: list[str], code: int, after: bytes) -> None:
    file = put("a.py", data)
    assert main(["a.py", *options]) == code
    assert file.read_bytes() == after


def test_a_second_run_changes_nothing() -> None:
    file = put("a.py")
    assert main(["a.py"]) == 0
    status = file.stat()
    assert main(["a.py"]) == 0
    assert file.stat().st_mtime_ns == status.st_mtime_ns
    assert file.stat().st_ino == status.st_ino


def make_missing(path: str) -> None:
    assert not os.path.lexists(path)


def make_loop(path: str) -> None:
    os.symlink(os.path.basename(path), path)


def make_dangling(path: str) -> None:
    os.symlink("nowhere", path)


@pytest.mark.parametrize("make", [make_missing, make_loop, make_dangling, os.mkfifo])
@pytest.mark.parametrize("options", [[], ["--check"], ["--jobs", "3"]])
def test_one_bad_path_never_stops_the_others(make, options, capsys: pytest.CaptureFixture[str]) -> None:
    good = put("good.py")
    make("bad.py")
    assert main(["bad.py", "good.py", *options]) == 2
    assert good.read_bytes() == (LINEN if "--check" in options else NNX)
    assert "bad.py:1:1: MN901 cannot be read: " in capsys.readouterr().out


@pytest.mark.parametrize("make", [make_loop, make_dangling, os.mkfifo])
def test_a_bad_file_in_a_folder_is_said_too(make, capsys: pytest.CaptureFixture[str]) -> None:
    good = put("src/good.py")
    make("src/bad.py")
    assert main(["src"]) == 2
    assert good.read_bytes() == NNX
    assert "src/bad.py:1:1: MN901" in capsys.readouterr().out


NOTEBOOK = b'{"cells": [{"cell_type": "code", "source": ["import flax.linen as nn\\n"]}], "nbformat": 4}'


def test_a_notebook_is_not_taken_for_python(capsys: pytest.CaptureFixture[str]) -> None:
    good, notebook = put("src/good.py"), put("src/a.ipynb", NOTEBOOK)
    assert main(["src/a.ipynb", "src/good.py"]) == 2
    assert (good.read_bytes(), notebook.read_bytes()) == (NNX, NOTEBOOK)
    assert "src/a.ipynb:1:1: MN902 is a notebook, and sources are .py files" in capsys.readouterr().out
    assert main(["src"]) == 0
    assert "the notebook src/a.ipynb is passed by" in capsys.readouterr().err
    put("src/b.ipynb", NOTEBOOK)
    assert main(["src"]) == 0
    assert "2 notebooks, such as src/a.ipynb, are passed by" in capsys.readouterr().err


def test_a_folder_called_like_a_file_is_walked() -> None:
    inner = put("x.py/a.py")
    assert main(["x.py"]) == 0
    assert inner.read_bytes() == NNX


def test_a_folder_without_python_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "docs").mkdir()
    assert main(["docs"]) == 0
    assert "docs: no Python files" in capsys.readouterr().err


def test_a_file_given_twice_is_done_once(capsys: pytest.CaptureFixture[str]) -> None:
    put("src/a.py")
    os.symlink("a.py", "src/0.py")
    assert main(["src", "src/a.py", "./src/../src/a.py", "--check"]) == 1
    assert capsys.readouterr().out.startswith("1 file: 1 with Linen, 1 would be rewritten.")


def test_mode_bits_are_kept() -> None:
    file = put("a.py")
    file.chmod(0o751)
    assert main(["a.py"]) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o751


def test_a_link_stays_a_link() -> None:
    target = put("real/a.py")
    os.symlink("real/a.py", "link.py")
    assert main(["link.py"]) == 0
    assert os.path.islink("link.py")
    assert target.read_bytes() == NNX


@pytest.mark.parametrize("broken", ["replace", "fsync", "fchmod"])
def test_a_failed_write_leaves_the_file_and_nothing_else(
    broken: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, good = put("bad.py"), put("good.py")
    original, calls = getattr(os, broken), []

    def fails_once(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 1:
            raise OSError(28, "No space left on device")
        return original(*arguments)

    monkeypatch.setattr(_write.os, broken, fails_once)
    assert main(["bad.py", "good.py"]) == 2
    assert (bad.read_bytes(), good.read_bytes()) == (LINEN, NNX)
    assert sorted(os.listdir(".")) == ["bad.py", "good.py"]
    out = capsys.readouterr().out
    assert "bad.py:1:1: MN903 cannot be written: No space left on device" in out
    assert "| `flax.linen.Module` | 1 | 1 | 0 |" in out


def test_a_report_to_a_pipe_or_a_device_is_written_there() -> None:
    """`--report /dev/null`: a rename would have put a file in the place of the device."""
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDWR | os.O_NONBLOCK)
    put("a.py")
    assert main(["a.py", "--report", "pipe"]) == 0
    assert json.loads(os.read(reader, 1 << 16))["files"]["changed"] == 1
    assert stat.S_ISFIFO(os.stat("pipe").st_mode)
    os.close(reader)


def test_a_file_that_changed_meanwhile_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    file = put("a.py")

    def slow(sources, options, traced):
        file.write_bytes(b"linen = 2\n")
        return migrate_files(sources, options, traced)

    monkeypatch.setattr("migrate_norm.codemod.migrate_files", slow)
    assert main(["a.py"]) == 2
    assert file.read_bytes() == b"linen = 2\n"


def test_a_read_only_file_is_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = put("a.py")
    monkeypatch.setattr(_write.os, "access", lambda *_: False)  # root may write anything
    assert main(["a.py"]) == 2
    assert file.read_bytes() == LINEN
    assert "MN903 cannot be written: it is read-only" in capsys.readouterr().out


def test_output_is_a_complete_tree(here: Path) -> None:
    put("src/a.py").chmod(0o750)
    put("src/pkg/b.py", PLAIN)
    put("src/pkg/broken.py", BROKEN)
    assert main(["src", "--output", "out"]) == 2
    assert {str(p.relative_to("out")): p.read_bytes() for p in Path("out").rglob("*.py")} == {
        "a.py": NNX,
        "pkg/b.py": PLAIN,
        "pkg/broken.py": BROKEN,
    }
    assert stat.S_IMODE((here / "out/a.py").stat().st_mode) == 0o750
    assert Path("src/a.py").read_bytes() == LINEN


def test_output_keeps_the_layout_of_several_paths() -> None:
    put("one/a.py")
    put("two/b/c.py")
    assert main(["one", "two/b/c.py", "--output", "deep/out"]) == 0
    assert Path("deep/out/one/a.py").read_bytes() == NNX
    assert Path("deep/out/two/b/c.py").read_bytes() == NNX


def test_output_inside_the_tree_is_not_read_again(capsys: pytest.CaptureFixture[str]) -> None:
    put("a.py")
    for _ in range(2):
        assert main([".", "--output", "out"]) == 0
        assert capsys.readouterr().out.startswith("1 file: ")
    assert not Path("out/out").exists()


def test_output_that_cannot_be_written_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    put("src/a/b.py")
    put("src/c.py")
    put("out/a", PLAIN)  # a file where a folder has to be
    assert main(["src", "--output", "out"]) == 2
    assert "src/a/b.py:1:1: MN903" in capsys.readouterr().out
    assert Path("out/c.py").read_bytes() == NNX


@pytest.mark.parametrize(
    ("data", "options", "code", "out"),
    [
        (LINEN, [], 0, NNX),
        (LINEN, ["--check"], 1, None),
        (REFUSED, [], 1, REFUSED),
        (BROKEN, [], 2, BROKEN),
        (LINEN.replace(b"\n", b"\r\n"), [], 0, NNX.replace(b"\n", b"\r\n")),
    ],
)
def test_standard_input(
    data: bytes, options: list[str], code: int, out: bytes | None, monkeypatch, capfdbinary
) -> None:
    stream = Path("stdin")
    stream.write_bytes(data)
    with stream.open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        assert main(["-", *options]) == code
    written = capfdbinary.readouterr()
    assert written.out == (b"" if out is None else out)
    assert b"1 file:" in written.err


@pytest.mark.parametrize("state", ["changed", "staged", "untracked", "ignored"])
def test_uncommitted_files_are_left(state: str, capsys: pytest.CaptureFixture[str]) -> None:
    clean = put("clean.py")
    dirty = put("dirty.py", PLAIN)
    if state in ("untracked", "ignored"):
        dirty.unlink()
    commit_all()
    dirty.write_bytes(LINEN)
    if state == "staged":
        git("add", "dirty.py")
    if state == "ignored":
        put(".gitignore", b"dirty.py\n")
    assert main(["clean.py", "dirty.py"]) == 1
    assert (clean.read_bytes(), dirty.read_bytes()) == (NNX, LINEN)
    assert "dirty.py:1:1: MN904 was not rewritten: " in capsys.readouterr().out
    assert main(["dirty.py", "--allow-dirty"]) == 0
    assert dirty.read_bytes() == NNX


def test_uncommitted_files_do_not_matter_where_nothing_is_overwritten() -> None:
    git("init", "-q")
    put("a.py")
    assert main(["a.py", "--diff"]) == 0
    assert main(["a.py", "--check"]) == 1
    assert main(["a.py", "--output", "out"]) == 0


@pytest.mark.parametrize(
    "user",
    [
        b"from layers import Norm\n",
        b"import pkg.layers as l\n",
        b"from .layers import *\n",
        b"from . import layers\n",
    ],
)
def test_what_imports_an_uncommitted_file_is_left_with_it(user: bytes, capsys) -> None:
    files = [
        put("layers.py"),
        put("model.py", user + LINEN),
        put("alone.py"),
        put("top.py", b"import model\n" + LINEN),
    ]
    commit_all()
    put("layers.py", LINEN + b"# changed\n")
    assert main(["."]) == 1
    assert [b"nnx" in file.read_bytes() for file in files] == [False, False, True, False]
    assert "model.py:1:1: MN905 was not rewritten: it imports layers.py" in capsys.readouterr().out


def test_a_package_is_linked_to_its_modules() -> None:
    init, user = put("pkg/__init__.py"), put("pkg/model.py", b"from . import Norm\n" + LINEN)
    commit_all()
    put("pkg/__init__.py", LINEN + b"#\n")
    assert main(["."]) == 1
    assert b"linen" in init.read_bytes()
    assert b"linen" in user.read_bytes()


def test_git_that_cannot_answer_counts_as_uncommitted(capsys: pytest.CaptureFixture[str]) -> None:
    file = put("a.py")
    put(".git", b"gitdir: nowhere\n")
    assert main(["a.py"]) == 1
    assert file.read_bytes() == LINEN
    assert "MN904 was not rewritten: git cannot tell" in capsys.readouterr().out


def test_a_broken_repository_is_not_taken_for_the_one_around_it() -> None:
    file = put("inner/a.py")
    commit_all()
    Path("inner/.git").mkdir()
    assert main(["inner"]) == 1
    assert file.read_bytes() == LINEN


def test_without_git_a_line_says_that_no_copy_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    put("a.py")
    assert main(["a.py"]) == 0
    assert "no copy of them is kept" in capsys.readouterr().err


def test_report_is_written_whatever_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    put("a.py")
    put("broken.py", BROKEN)
    monkeypatch.setattr(_write.os, "access", lambda *_: False)
    assert main(["a.py", "broken.py", "missing.py", "--report", "r.json", "--mapping", "m.json"]) == 2
    report = json.loads(Path("r.json").read_text())
    assert [(d["path"], d["code"]) for d in report["diagnostics"]] == [
        ("a.py", "MN903"),
        ("broken.py", "MN902"),
        ("missing.py", "MN901"),
    ]
    assert report["files"] == {"given": 3, "with_linen": 1, "changed": 0, "failed": 3}
    assert not mapping.loads(Path("m.json").read_text()).classes


def test_a_mapping_is_added_to_and_never_lost() -> None:
    put("a.py")
    put("b.py")
    assert main(["a.py", "--mapping", "m.json"]) == 0
    assert main(["b.py", "--mapping", "m.json"]) == 0
    assert main(["b.py", "--mapping", "m.json"]) == 0  # nothing left to do
    assert [c.name for c in mapping.loads(Path("m.json").read_text()).classes] == ["a.Norm", "b.Norm"]


def test_without_its_mapping_nothing_is_rewritten(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    file = put("a.py")
    original = os.replace

    def full(source: str, target: str) -> None:
        if target.endswith("m.json"):
            raise OSError(28, "No space left on device")
        original(source, target)

    monkeypatch.setattr(_write.os, "replace", full)
    assert main(["a.py", "--mapping", "m.json"]) == 2
    assert file.read_bytes() == LINEN
    assert "m.json: cannot be written: No space left on device" in capsys.readouterr().err


def test_the_summary_names_places_reasons_and_totals(capsys: pytest.CaptureFixture[str]) -> None:
    put("src/a.py")
    put("src/b.py", REFUSED)
    put("src/c.py", PLAIN)
    put("src/build/d.py")
    assert main(["src"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("3 files: 2 with Linen, 1 rewritten.\n")
    assert "| `flax.linen.Module` | 1 | 0 | 1 |\n| total | 1 | 0 | 1 |" in out
    assert "- src/b.py:2:1: MN101 `Norm`: no\n  What to do: " in out
    assert "- `src.a.Norm`, whose constructor now asks for d" in out
    assert "- `src/build`" in out


def test_quiet_says_only_errors(capsys: pytest.CaptureFixture[str]) -> None:
    put("a.py")
    put("b.py", BROKEN)
    assert main(["a.py", "b.py", "--quiet"]) == 2
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.startswith("b.py:1:1: MN902 ")


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--explain", "mn101"]) == 0
    assert capsys.readouterr().out.startswith("MN101: ")
    assert main(["--explain", "MN1O1"]) == 2
    error = capsys.readouterr().err
    assert "there is no such code; did you mean " in error
    assert " MN101" in error


def test_every_code_of_the_command_is_in_the_catalog() -> None:
    assert {UNREADABLE, UNWRITABLE, UNCOMMITTED, LINKED} <= CODES.keys()


def test_a_full_disk_is_said_once_of_each_file(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    file = put("a.py")
    monkeypatch.setattr("migrate_norm.cli._records.create", full)
    monkeypatch.setattr("migrate_norm.cli._in_place.prepare_instead", full)
    assert main(["a.py", "--report", "r.json"]) == 2
    said = capsys.readouterr()
    assert said.err.count("r.json: cannot be written: No space left on device") == 1
    assert "MN903 cannot be written: No space left on device" in said.out
    assert file.read_bytes() == LINEN


def test_a_defect_is_not_taken_for_a_finding(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def fails(*_: object) -> None:
        raise AssertionError("oops")

    file = put("a.py")
    monkeypatch.setattr("migrate_norm.codemod.migrate_files", fails)
    assert main(["a.py"]) == 2
    assert file.read_bytes() == LINEN
    assert (
        "internal error, please report it: AssertionError: oops (test_migrate_norm.py:"
        in capsys.readouterr().err
    )


def test_starting_imports_nothing_heavy() -> None:
    script = (
        "import sys\nfrom migrate_norm.cli.migrate_norm import main\nassert main(['--version']) == 0\n"
        "heavy = {'flax', 'jax', 'libcst', 'migrate_norm.codemod.migrate', 'pathspec', 'rich', 'tomllib'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert answer.stdout.splitlines()[1:] == ["[]"]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("migrate-norm ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no PATH was given"),
        (["-", "a.py"], "`-` reads standard input"),
        (["-", "--output", "out"], "--output writes files and `-` does not"),
        (["a.py", "--check", "--output", "out"], "--output writes files and --check does not"),
        (["a.py", "--output", "a.py"], "--output a.py is not a folder"),
        (["a.py", "--output", "."], "is where the files are"),
        (["a.py", "--report", "no/r.json"], "--report no/r.json: there is no folder 'no'"),
        (["a.py", "--mapping", "."], "--mapping . is a folder"),
        (["a.py", "--mapping", "a.py"], "nothing can be added to it"),
        (["a.py", "--report", "./a.py"], "--report ./a.py would overwrite one of the files to migrate"),
        (["a.py", "--report", "r", "--mapping", "r"], "--report r would overwrite the file of --mapping"),
        (["a.py", "--exclude", "!"], "--exclude: '!' is not a .gitignore pattern"),
    ],
)
def test_wrong_usage_is_said_before_any_work(arguments: list[str], said: str, capsys) -> None:
    file = put("a.py")
    assert main(arguments) == 2
    assert said in capsys.readouterr().err
    assert file.read_bytes() == LINEN


@pytest.mark.parametrize(
    "arguments", [["a.py", "--jobs", "0"], ["a.py", "--jobs", "x"], ["a.py", "--no-such"]]
)
def test_arguments_that_argparse_refuses(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


def test_a_reader_that_hangs_up_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    put("a.py", REFUSED)
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        monkeypatch.setattr("sys.stdout", pipe)
        assert main(["a.py"]) == 1


def test_a_screen_that_cannot_take_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    put(os.fsdecode(b"\xff-\xc3\xbc.py"), REFUSED)
    with open("screen", "w", encoding="ascii") as screen:
        monkeypatch.setattr("sys.stdout", screen)
        assert main(["."]) == 1
    assert b"\\udcff-\\xfc.py:2:1: MN101" in Path("screen").read_bytes()
