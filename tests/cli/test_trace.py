"""`--trace`, from the pyproject.toml to the files."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from migrate_norm.cli.migrate_norm import main

_NET = """\
import jax
from flax import linen as nn

flat = jax.jit(lambda x: x.reshape(x.shape[0], -1))


class Net(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        x = nn.Dropout(0.5, deterministic=not train)(flat(x))
        return nn.Dense(3)(x)
"""
_MODELS = """\
[tool.migrate-norm]
todo = false

[[tool.migrate-norm.models]]
model = "nets:Net()"
inputs = ["f32[b,4,5]"]
kwargs = {train = true}

[[tool.migrate-norm.models]]
model = "nets:Not()"

[[tool.migrate-norm.models]]
model = "nets:Net()"
inputs = ["f33[b]"]

[[tool.migrate-norm.models]]
model = "nets:Net()"
input = ["f32[b]"]

[[tool.migrate-norm.models]]
model = "nets.Net"

[[tool.migrate-norm.models]]
model = "flax.linen:Dense(3)"
inputs = ["f32[b,4]"]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/nets.py").write_text(_NET)
    (tmp_path / "pyproject.toml").write_text(_MODELS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_each_bad_entry_is_a_line_and_the_good_one_counts(folder: Path) -> None:
    assert main(["--trace", "src", "--report", "report.json"]) == 2
    assert (
        "def __init__(self, dense_0_in_features: int, *, rngs: nnx.Rngs):"
        in (folder / "src/nets.py").read_text()
    )
    report = json.loads((folder / "report.json").read_text())
    (found,) = report["classes"]
    assert (found["name"], found["arguments"], found["traced"]) == ("nets.Net", ["dense_0_in_features"], True)
    failed = {d["line"]: d["message"] for d in report["diagnostics"] if d["code"] == "MN907"}
    says = {
        9: "nets:Not() is not traced: building Not() failed: NameError: name 'Not' is not defined",
        12: "nets:Net() is not traced: 'f33[b]': 'f33' is no dtype",
        16: "nets:Net() is not traced: the key 'input' means nothing here; did you mean inputs?",
        20: "nets.Net is not traced: model = 'nets.Net'; write a module, a colon and a call",
        23: "flax.linen:Dense(3) is not traced: nothing in it is made by the files given: it was imported from ",
    }
    assert failed.keys() == says.keys()
    assert all(failed[line].startswith(text) for line, text in says.items()), failed


def test_without_models_there_is_nothing_to_trace(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "pyproject.toml").write_text("[tool.migrate-norm]\n")
    assert main(["--trace", "src"]) == 2
    assert "names no model; write\n\n[[tool.migrate-norm.models]]" in capsys.readouterr().err
    assert (folder / "src/nets.py").read_text() == _NET


def test_models_are_not_run_unasked(folder: Path) -> None:
    assert main(["src"]) == 1
    assert (folder / "src/nets.py").read_text() == _NET


def test_standard_input_cannot_be_imported(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--trace", "-"]) == 2
    assert "standard input has no name to import" in capsys.readouterr().err


def test_the_command_itself_does_without_jax() -> None:
    code = "import sys, migrate_norm.cli._trace; print('jax' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("False\n", "")
