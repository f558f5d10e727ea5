"""Renaming imports neither JAX nor Flax nor Orbax, and stays small."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from .sources import SOURCES

ROOT = Path(__file__).parents[2]
CODE = r"""
import re, sys
from pathlib import Path
from migrate_norm.cli.migrate_checkpoint import main
assert main({arguments!r}) == 0
heavy = {{"jax", "jaxlib", "flax", "orbax", "optax", "rich"}} & set(sys.modules)
assert not heavy, heavy
print(int(re.search(r"VmHWM:\s*([0-9]+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


def memory(*arguments: object) -> int:
    """Runs the command in a process of its own; returns its peak of resident memory in MB."""
    code = CODE.format(arguments=[str(argument) for argument in arguments])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return int(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 MB in one array of one compressed chunk, 100 MB in another."""
    rng = np.random.default_rng(0)
    wide = rng.integers(0, 2**32, (2, 5_000, 5_000), np.uint32)
    tree = {"params": {"wide": wide, "narrow": wide[0, :, :].copy()}}
    return SOURCES["PyTreeCheckpointer"](tmp_path_factory.mktemp("large") / "src", tree)


@pytest.mark.parametrize("how", ["--link", "--copy"])
def test_renaming(how: str, large: Path, tmp_path: Path) -> None:
    assert memory(large, tmp_path / "dst", how) < 110


def test_decoding_is_bounded_whatever_the_size_of_a_chunk(large: Path, tmp_path: Path) -> None:
    assert memory(large, tmp_path / "dst.safetensors", "--to", "safetensors", "--memory", "192M") < 192
    assert memory(tmp_path / "dst.safetensors", tmp_path / "again", "--memory", "192M") < 192


@pytest.mark.parametrize("form", ["msgpack", "a folder for each array", "npz"])
def test_other_sources(form: str, tmp_path: Path) -> None:
    src = SOURCES[form](tmp_path / "src", {"params": {"w": np.ones(3, np.float32)}})
    assert memory(src, tmp_path / "dst") < 110
    assert memory("--check", tmp_path / "dst") < 110
    assert memory("--inspect", tmp_path / "dst") < 110
    assert memory(tmp_path / "dst", tmp_path / "back", "--reverse") < 110
