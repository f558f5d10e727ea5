"""The command with the real codemod: all ways out give the same bytes."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from migrate_norm.catalog import mapping
from migrate_norm.cli.migrate_norm import main

LAYER = b'''\
from flax import linen as nn
import jax.numpy as jnp


class Scale(nn.Module):
    """Multiplies by a trained factor."""

    start: float = 1.0

    @nn.compact
    def __call__(self, x):
        scale = self.param("scale", nn.initializers.constant(self.start), (x.shape[-1],))
        return x * scale  # keep me
'''
PLAIN = b"import math\n"


@pytest.fixture
def migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A folder `src` with the layer in it, and what the command makes of the layer."""
    monkeypatch.chdir(tmp_path)
    Path("src").mkdir()
    Path("src/layer.py").write_bytes(LAYER)
    Path("src/plain.py").write_bytes(PLAIN)
    assert main(["src", "--output", "out", "--mapping", "m.json", "--report", "r.json"]) == 0
    assert Path("src/layer.py").read_bytes() == LAYER
    return Path("out/layer.py").read_bytes()


def test_nothing_linen_is_left(migrated: bytes) -> None:
    assert b"nnx.Module" in migrated
    assert b"linen" not in migrated
    assert b"# keep me" in migrated
    assert Path("out/plain.py").read_bytes() == PLAIN


def test_in_place_is_the_same_and_a_second_run_a_no_op(migrated: bytes) -> None:
    assert main(["src", "--check"]) == 1
    assert main(["src"]) == 0
    assert Path("src/layer.py").read_bytes() == migrated
    assert main(["src", "--check"]) == 0


def test_the_diff_is_the_same(migrated: bytes, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    capfdbinary.readouterr()
    assert main(["src", "--diff"]) == 0
    diff = capfdbinary.readouterr().out
    subprocess.run(["git", "apply", "-"], input=diff, check=True)
    assert Path("src/layer.py").read_bytes() == migrated


def test_beside_is_a_new_file(migrated: bytes, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["src", "--beside", "--diff"]) == 0
    diff = capfdbinary.readouterr().out
    assert b"--- /dev/null\n+++ b/src/layer_nnx.py\n" in diff
    assert main(["src", "--beside", "--check"]) == 1
    assert main(["src", "--beside", "--output", "twins"]) == 0
    assert main(["src", "--beside", "--mapping", "beside.json"]) == 0
    assert Path("src/layer.py").read_bytes() == LAYER
    new = migrated.replace(b"import jax.numpy as jnp\n", b"")  # which nothing in the file reads
    assert Path("src/layer_nnx.py").read_bytes() == new == Path("twins/layer_nnx.py").read_bytes()
    assert [c.name for c in mapping.loads(Path("beside.json").read_text()).classes] == ["layer_nnx.Scale"]
    assert b"1 written beside them." in capfdbinary.readouterr().out
    assert main(["src", "--beside", "--check"]) == 0
    subprocess.run(["git", "apply", "--directory", "applied", "-"], input=diff, check=True)
    assert Path("applied/src/layer_nnx.py").read_bytes() == new


def test_beside_is_advised_where_a_use_keeps_a_class(
    migrated: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    assert migrated
    advice = "migrate-norm: 1 class stays Linen for the sake of what uses it: --beside writes its NNX class"
    Path("src/use.py").write_bytes(b"from layer import Scale\n\nKINDS = {'scale': Scale}\n")
    main(["src", "--check"])
    assert capfd.readouterr().err.startswith(advice)
    main(["src", "--beside", "--check"])
    assert not capfd.readouterr().err
    Path("src/use.py").unlink()
    main(["src", "--check"])
    assert not capfd.readouterr().err


def test_beside_overwrites_nothing(migrated: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    Path("src/layer_nnx.py").write_text("mine = 1\n")
    for given in ("src", "src/layer.py"):  # with the file that is in the way, and without
        assert main([given, "--beside", "--mapping", "beside.json"]) == 1
        assert "src/layer_nnx.py:1:1: MN908 is there already" in capfd.readouterr().out
    assert Path("src/layer_nnx.py").read_text() == "mine = 1\n"
    assert mapping.loads(Path("beside.json").read_text()).classes == ()
    assert migrated


@pytest.mark.parametrize("arguments", [["-", "--beside"], ["src", "--beside", "--todo"]])
def test_beside_with_what_it_cannot_do(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capfd.readouterr().err.startswith("migrate-norm: --beside ")


def test_standard_input_is_the_same(migrated: bytes) -> None:
    command = shutil.which("migrate-norm", path=str(Path(sys.executable).parent))
    assert command is not None, "the console script is not installed"
    answer = subprocess.run([command, "-"], input=LAYER, capture_output=True, check=True)
    assert answer.stdout == migrated
    assert b"Traceback" not in answer.stderr


def test_the_records(migrated: bytes) -> None:
    assert migrated
    report = json.loads(Path("r.json").read_text())
    assert report["changed"] == ["src/layer.py"]
    assert report["total"]["left"] == report["total"]["refused"] == 0
    assert report["total"]["migrated"] == len(report["symbols"]) > 0
    assert [v.linen for c in mapping.loads(Path("m.json").read_text()).classes for v in c.variables] == [
        ("scale",)
    ]
