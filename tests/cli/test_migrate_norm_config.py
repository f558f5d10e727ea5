"""`[tool.migrate-norm]` in pyproject.toml."""

import json
from pathlib import Path

import pytest
from migrate_norm.cli import _config
from migrate_norm.cli._arguments import parser
from migrate_norm.cli._settings import Settings, settle
from migrate_norm.cli.migrate_norm import main

from .fake_codemod import LINEN, NNX, fake

__all__ = ["fake"]

pytestmark = pytest.mark.usefixtures("fake")

HEAD = "[tool.migrate-norm]\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/a.py").write_bytes(LINEN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settled(*arguments: str) -> Settings:
    return settle(parser().parse_args(arguments))


def test_without_a_file_the_defaults_hold() -> None:
    settings = settled("src")
    assert (settings.jobs, settings.linen_names, settings.todo, settings.quiet) == (1, False, False, False)
    assert (settings.mapping, settings.report, settings.extra, settings.allow_dirty) == (
        None,
        None,
        (),
        False,
    )


def test_every_key_is_an_option_and_arrives(here: Path) -> None:
    lines = "allow-dirty = true\njobs = 3\nlinen-names = true\ntodo = true\nquiet = true\n"
    (here / "pyproject.toml").write_text(
        HEAD + lines + 'mapping = "m.json"\nreport = "r.json"\nexclude = ["a*"]\n'
    )
    settings = settled("src")
    assert (settings.jobs, settings.linen_names, settings.todo, settings.quiet) == (3, True, True, True)
    assert (settings.mapping, settings.report) == (str(here / "m.json"), str(here / "r.json"))
    assert settings.allow_dirty
    assert len(settings.extra) == 1
    options = {option.removeprefix("--") for action in parser()._actions for option in action.option_strings}
    assert set(_config.KEYS) <= options


def test_the_command_line_overrules_it(here: Path) -> None:
    (here / "pyproject.toml").write_text(HEAD + "todo = true\njobs = 3\nquiet = true\n")
    settings = settled("src", "--no-todo", "--jobs", "2", "--no-quiet")
    assert (settings.jobs, settings.todo, settings.quiet) == (2, False, False)


def test_the_nearest_one_counts(here: Path) -> None:
    (here / "pyproject.toml").write_text(HEAD + "jobs = 3\n")
    assert settled("src/a.py").jobs == 3
    (here / "src/pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert settled("src/a.py").jobs == 1
    assert settled("src", ".").jobs == 3


def test_patterns_and_paths_are_relative_to_it(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "src/b.py").write_bytes(LINEN)
    (here / "pyproject.toml").write_text(HEAD + 'exclude = ["/src/b.py"]\nreport = "r.json"\n')
    monkeypatch.chdir("src")
    assert main(["."]) == 0
    assert (Path("a.py").read_bytes(), Path("b.py").read_bytes()) == (NNX, LINEN)
    assert json.loads((here / "r.json").read_text())["files"]["given"] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            HEAD + "linen_names = true\n",
            "'linen_names', which means nothing here; did you mean linen-names",
        ),
        (
            HEAD + "zzz = 1\n",
            "'zzz', which means nothing here; known are allow-dirty, beside, calls-by-hand, exclude, jobs",
        ),
        (HEAD + "check = true\n", "has the key 'check'"),
        (HEAD + "todo = 1\n", "todo = 1, but it has to be true or false"),
        (HEAD + "jobs = true\n", "jobs = True, but it has to be a whole number above 0"),
        (HEAD + "jobs = 0\n", "jobs = 0, but it has to be a whole number above 0"),
        (HEAD + 'exclude = "a"\n', "exclude = 'a', but it has to be a list of strings"),
        (HEAD + "exclude = [1]\n", "exclude = [1], but it has to be a list of strings"),
        (HEAD + 'exclude = ["!"]\n', "'!' is not a .gitignore pattern"),
        (HEAD + 'report = "no/r.json"\n', "there is no folder"),
        ("[tool]\nmigrate-norm = 3\n", "tool.migrate-norm is 3, but it has to be a table"),
        ("tool = 3 # migrate-norm\n", "pyproject.toml"),
        (HEAD + "todo = \n", "Invalid value"),
        (HEAD + "# \udcff\n", "pyproject.toml"),
    ],
)
def test_what_it_cannot_mean_is_said_before_any_work(text: str, said: str, here: Path, capsys) -> None:
    (here / "pyproject.toml").write_text(text, encoding="utf-8", errors="surrogateescape")
    assert main(["src"]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "pyproject.toml" in err
    assert (here / "src/a.py").read_bytes() == LINEN


def test_a_broken_file_without_our_name_is_not_our_matter(here: Path) -> None:
    (here / "pyproject.toml").write_text("[[[")
    assert main(["src"]) == 0
