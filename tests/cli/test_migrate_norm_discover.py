"""Which files are found: folders, links, `.gitignore` (with git itself as the judge), `--exclude`."""

import os
import subprocess
from pathlib import Path

import pytest
from migrate_norm.cli._discover import discover
from migrate_norm.cli._ignore import excludes
from migrate_norm.cli._walk import SKIPPED


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(*paths: str) -> None:
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()


def shown(*paths: str, **options: object) -> list[str]:
    return [source.shown for source in discover(paths, **options).sources]


def test_order_is_that_of_the_arguments_then_of_names() -> None:
    touch("b/z.py", "b/a/y.py", "b/c.py", "a.py", "b/readme.md", "b/x.pyc")
    assert shown("b", "a.py") == ["b/c.py", "b/z.py", "b/a/y.py", "a.py"]
    assert shown(".") == ["a.py", "b/c.py", "b/z.py", "b/a/y.py"]
    assert shown("./b/../b/c.py") == ["./b/../b/c.py"]
    assert shown("b//c.py") == ["b/c.py"]


@pytest.mark.parametrize("name", sorted(SKIPPED))
def test_a_skipped_folder_is_named_unless_asked_for(name: str) -> None:
    touch(f"src/{name}/a.py", "src/b.py")
    found = discover(["src"])
    assert [source.shown for source in found.sources] == ["src/b.py"]
    assert found.skipped == ([] if name.startswith((".", "__")) else [f"src/{name}"])
    assert shown(f"src/{name}") == [f"src/{name}/a.py"]
    assert shown(f"src/{name}/a.py") == [f"src/{name}/a.py"]


def test_a_virtual_environment_of_any_name() -> None:
    touch("src/env/walker.py", "src/mine/pyvenv.cfg", "src/mine/lib/a.py")
    found = discover(["src"])
    assert [source.shown for source in found.sources] == ["src/env/walker.py"]
    assert found.skipped == ["src/mine"]
    assert shown("src/mine") == ["src/mine/lib/a.py"]


def test_links_to_folders_are_not_followed() -> None:
    touch("src/a.py", "other/b.py")
    os.symlink("../src", "src/loop")
    os.symlink("../other", "src/other")
    assert shown("src") == ["src/a.py"]


def test_a_named_file_is_taken_whatever_its_name_or_patterns() -> None:
    touch("script", ".git/HEAD")
    Path(".gitignore").write_text("script\n")
    assert shown("script", extra=[excludes(os.path.realpath("."), ["script"], "test")]) == ["script"]


def test_the_lock_of_an_editor_is_passed_over() -> None:
    touch("src/a.py")
    os.symlink("user@host.123:456", "src/.#a.py")
    found = discover(["src"])
    assert (len(found.sources), found.failures) == (1, [])


def test_a_notebook_is_no_source() -> None:
    touch("src/a.py", "src/b.ipynb", "src/.ipynb_checkpoints/b.ipynb", "src/old.ipynb", "src/x.ipynb/c.py")
    Path("src/.gitignore").write_text("old.ipynb\n")
    found = discover(["src"])
    assert [source.shown for source in found.sources] == ["src/a.py", "src/x.ipynb/c.py"]
    assert (found.notebooks, found.failures) == (["src/b.ipynb"], [])
    named = discover(["src/b.ipynb", "src/a.py"])
    assert [source.shown for source in named.sources] == ["src/a.py"]
    assert [(d.path, d.code) for d in named.failures] == [("src/b.ipynb", "MN902")]


def test_very_deep_folders() -> None:
    deep = "d/" * 1500 + "a.py"
    descriptor = os.open(".", os.O_RDONLY)
    try:
        for _ in range(1500):
            os.mkdir("d", dir_fd=descriptor)
            inner = os.open("d", os.O_RDONLY, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        os.close(os.open("a.py", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor))
    finally:
        os.close(descriptor)
    try:
        assert shown("d") == [deep]
    finally:
        subprocess.run(["rm", "-rf", "d"], check=True)  # too deep for who clears up after the tests


IGNORE_FILES = {
    ".gitignore": "*.gen.py\n/top.py\nout/\nlogs/*\n!logs/keep/\ndeep/**/x.py\n# comment\n"
    "\\#odd.py\n[bad\n!\n",
    "pkg/.gitignore": "!wanted.gen.py\nlocal.py\n/sub/only.py\n",
    "out/.gitignore": "!*\n",
}
TREE = """
a.py top.py pkg/top.py x.gen.py pkg/x.gen.py pkg/wanted.gen.py pkg/local.py local.py pkg/sub/only.py
pkg/sub/deeper/only.py out/a.py pkg/out/b.py logs/a.py logs/keep/a.py deep/x.py deep/1/2/x.py #odd.py
"""


def test_gitignore_means_what_git_says() -> None:
    tree = TREE.split()
    touch(*tree)
    for name, text in IGNORE_FILES.items():
        Path(name).write_text(text)
    subprocess.run(["git", "init", "-q"], check=True)
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--others", "--exclude-per-directory=.gitignore"],
        check=True,
        capture_output=True,
    )
    kept = {name for name in os.fsdecode(listing.stdout).split("\0") if name.endswith(".py")}
    assert set(shown(".")) == kept
    assert {"a.py", "pkg/wanted.gen.py", "logs/keep/a.py"} <= kept < set(tree)
    assert set(shown("pkg")) == {name for name in kept if name.startswith("pkg/")}
    assert shown("out") == ["out/a.py"]  # ignored, but named


def test_patterns_above_the_repository_have_no_say() -> None:
    touch("repo/a.py")
    Path(".gitignore").write_text("*.py\n")
    subprocess.run(["git", "init", "-q", "repo"], check=True)
    assert shown("repo") == ["repo/a.py"]


def test_excludes_come_before_gitignore() -> None:
    touch("a.py", "tests/b.py", "old/c.py", "old/d.py")
    Path(".gitignore").write_text("old/d.py\n")
    extra = [excludes(os.path.realpath("."), ["tests/", "c.py", "!old/d.py"], "test")]
    assert shown(".", extra=extra) == ["a.py", "old/d.py"]
    assert shown("tests", extra=extra) == []
