"""Whatever README.md shows is run, and whatever it tabulates is compared with what it is about."""

import importlib
import inspect
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import migrate_norm
import pytest
from migrate_norm.catalog.codes import CODES
from migrate_norm.cli import _config
from migrate_norm.cli._explain import reference
from migrate_norm.cli._models import read_entry

from .readme import CODES_SECTION, EXITS_SECTION, README, Block, blocks, rows, section, steps

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
COMMANDS = sorted(PROJECT["project"]["scripts"])
SOURCES = {
    "norm.py": "momentum * mean.value",
    "block.py": "nn.ConvLocal(8, 3)",
    "policy.py": "nn.Dense(size)",
    "fit.py": "model.init(key, jnp.ones((1, 784))",
}
"""The files that a reader would have, each known by a piece of its block."""
RESULT = "momentum * self.mean[...]"
RESULTS = {"norm.py": RESULT, "policy.py": "nnx.Linear(in_features, size", "fit.py": "nnx.split("}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for the reader's files: the working directory, on the import path, forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in ("norm", "migrated"):
            del sys.modules[name]


def _block_with(piece: str) -> Block:
    (found,) = (block for block in blocks("python") if piece in block.text)
    return found


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}", "COLUMNS": "80"}


def _run_console(block: Block, folder: Path) -> None:
    status = 0
    for step in steps(block):
        done = subprocess.run(
            ["bash", "-c", f"(exit {status}); {step.command}"],
            cwd=folder, env=_environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        status = done.returncode
        shown = done.stdout.replace(str(folder), "/project").strip("\n")
        assert shown == step.output.strip("\n"), f"README.md:{block.line}: {step.command}\n{done.stderr}"


def test_reading_from_top_to_bottom(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = {_block_with(piece): name for name, piece in SOURCES.items()}
    for block, name in given.items():
        (folder / name).write_text(block.text)
    names: dict[str, object] = {}
    for block in blocks("console", "python"):
        if block.language == "console":
            _run_console(block, folder)
        elif block not in given and not any(piece in block.text for piece in RESULTS.values()):
            exec(compile(block.text, f"README.md:{block.line}", "exec"), names)
    assert (folder / "migrated/norm.py").read_text() == _block_with(RESULT).text
    assert capsys.readouterr().out == "3 leaves\n"


@pytest.mark.parametrize("name", RESULTS)
def test_before_and_after(name: str) -> None:
    result = migrate_norm.migrate_source(_block_with(SOURCES[name]).text)
    assert result.code == _block_with(RESULTS[name]).text
    assert {d.code for d in result.diagnostics} <= {"MN304"}


def test_every_block_is_of_a_kind_that_is_run() -> None:
    assert {block.language for block in blocks()} == {"console", "python", "sh", "toml"}
    assert README.count("\n```") == 2 * len(blocks())


@pytest.mark.parametrize("line", [line for block in blocks("sh") for line in block.text.splitlines()])
def test_set_up(line: str) -> None:
    match shlex.split(line):
        case ["pip", "install", name]:
            assert name == PROJECT["project"]["name"]
        case ["make", target]:
            assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
        case _:
            pytest.fail(f"nothing checks {line!r}")


def test_configuration() -> None:
    shown = [tomllib.loads(block.text)["tool"]["migrate-norm"] for block in blocks("toml")]
    models = [table for values in shown for table in values.pop(_config.MODELS, [])]
    values = {key: value for table in shown for key, value in table.items()}
    assert values
    for key, value in values.items():
        assert isinstance(value, _config.KEYS[key])
    (model,) = map(read_entry, models)
    assert (model.module, model.kwargs) == ("package.module", {"train": True})


def test_lowest_versions() -> None:
    bounds = [line.split(">=") for line in PROJECT["project"]["dependencies"]]
    named = {name: version for name, version in bounds if name in ("flax", "jax", "orbax-checkpoint")}
    limits = " ".join(section("Limits").split())
    assert len(named) == 3
    for name, version in named.items():
        assert f"{name} {version}" in limits


def test_commands() -> None:
    heads = rows(README.partition("\n## ")[0])[1:]
    assert sorted(head[0] for head in heads) == COMMANDS
    assert all((BIN / command).is_file() for command in COMMANDS)


def test_codes() -> None:
    shown = rows(section(CODES_SECTION))[1:]
    assert shown == [[code.id, code.title] for code in CODES.values()]


def test_refusals() -> None:
    assert (ROOT / "REFUSALS.md").read_text() == reference(), "migrate-norm --explain all > REFUSALS.md"


def _help(command: str) -> str:
    done = subprocess.run(
        [BIN / command, "--help"], env=_environment(), capture_output=True, text=True, check=True
    )
    return done.stdout


def _exit_codes(text: str) -> list[list[str]]:
    """Returns number and meaning from the table at the end of a --help."""
    _, _, table = text.partition("exit codes:\n")
    lines = re.findall(r"^  (\d)  (.*(?:\n     .*)*)", table, re.MULTILINE)
    return [[number, " ".join(meaning.split())] for number, meaning in lines]


def test_exit_codes_and_options() -> None:
    helps = {command: _help(command) for command in COMMANDS}
    head, *shown = rows(section(EXITS_SECTION))
    for column, command in enumerate(head[1:], 1):
        assert [[row[0], row[column]] for row in shown] == _exit_codes(helps[command])
    assert sorted(head[1:]) == COMMANDS
    options = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", README))
    assert options
    plugin = (ROOT / "migrate/pytest_plugin.py").read_text()
    assert not {option for option in options if not any(option in text for text in (*helps.values(), plugin))}


def test_python_names() -> None:
    for name, _ in rows(section("Python"))[1:]:
        assert name in migrate_norm.__all__
        assert callable(getattr(migrate_norm, name))


def test_every_public_name_is_there() -> None:
    assert isinstance(migrate_norm.__version__, str)
    assert set(migrate_norm.__all__) <= set(dir(migrate_norm))
    for name in migrate_norm.__all__:
        assert getattr(migrate_norm, name)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        migrate_norm.nothing  # noqa: B018


@pytest.mark.parametrize("api", ["linen", "nnx"])
def test_layers(api: str) -> None:
    package = importlib.import_module(f"migrate_norm.layers.{api}")
    head, *shown = rows(section("The layers"))
    assert sorted(row[0] for row in shown) == sorted(
        {*package.__all__} - {"GRUCell", "dot_product_attention"}
    )
    for row in shown:
        described = dict(zip(head, row, strict=True))
        arguments = inspect.signature(getattr(package, row[0]).__init__).parameters
        assert described["use_shifted_data"] == ("yes" if "use_shifted_data" in arguments else "no")


@pytest.mark.parametrize("row", rows(section("The layers"))[1:], ids=lambda row: row[0])
def test_collections_of_the_layers(row: list[str]) -> None:
    from flax import nnx
    from migrate_norm.layers import nnx as package

    rngs = nnx.Rngs(0)
    first = nnx.Linear(4, 4, rngs=rngs) if row[0] in ("SpectralNorm", "WeightNorm") else 4
    groups = {"num_groups": 2} if row[0] == "GroupNorm" else {}
    layer = getattr(package, row[0])(first, **groups, rngs=rngs)
    own = [v for path, v in nnx.to_flat_state(nnx.state(layer)) if path[0] != "layer_instance"]
    found = {nnx.variable_name_from_type(type(v)) for v in own if not isinstance(v, nnx.RngState)}
    assert sorted(found) == sorted(row[3].split(", "))


def test_how_the_layers_were_made() -> None:
    read = (path for path in (ROOT / "layers").rglob("*.py") if path.parent.name != "nnx")
    sources = {str(path): path.read_bytes() for path in sorted(read)}
    options = migrate_norm.Options(line_length=PROJECT["tool"]["ruff"]["line-length"])
    made = {Path(file.path).name: file for file in migrate_norm.migrate_files(sources, options).files}
    files = {name.replace("_", ""): name for name in made}
    for layer, _, how, *_ in rows(section("The layers"))[1:]:
        name = files[f"{layer.lower()}.py"]
        same = made[name].after == (ROOT / "layers/nnx" / name).read_bytes()
        assert how == ("by migrate-norm" if same else "by hand")


def test_what_contributing_names() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    targets = set(re.findall(r"`make ([a-z]+)`", text))
    assert targets
    assert targets <= set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    places = set(re.findall(r"`([\w./]+(?:/|\.py))`", text))
    assert len(places) > 10
    assert not {place for place in places if not (ROOT / place).exists()}


@pytest.mark.parametrize("file", ["README.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(file: str) -> None:
    text = (ROOT / file).read_text()
    anchors = {
        re.sub(r"[^\w-]", "", h.lower().replace(" ", "-")) for h in re.findall(r"^#+ (.+)$", text, re.M)
    }
    targets = re.findall(r"\]\(([^)]+)\)", text)
    for target in targets:
        path, _, anchor = target.partition("#")
        assert anchor in anchors if anchor else (ROOT / path).exists()
