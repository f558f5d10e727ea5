"""The memory of reading does not grow with the file."""

import json
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flax import serialization

from .test_safetensors import saved

MIB = 1 << 20
ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read in /proc")


def _read_all(*arguments: object) -> Any:
    command = [sys.executable, "-m", f"{__package__}.read_all", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def tree() -> dict[str, np.ndarray]:
    """About 290 MiB, in runs of one value that are quick to deflate."""
    big = (np.arange(64 * MIB // 4) // 1000).astype(np.float32).reshape(4096, -1)
    return {
        "a": big,
        "b": big[::-1].copy(),
        "c": big.reshape(-1, 8, 2),
        "d": np.repeat(big, 1, 0),
        "e": big[:2048],
    }


def _msgpack(path: Path, tree: dict[str, np.ndarray]) -> Path:
    path.write_bytes(serialization.msgpack_serialize(tree))
    return path


def _chunked_msgpack(path: Path, tree: dict[str, np.ndarray]) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serialization, "MAX_CHUNK_SIZE", 10 * MIB)
        return _msgpack(path, tree)


def _safetensors(path: Path, tree: dict[str, np.ndarray]) -> Path:
    path.write_bytes(saved(tree))
    return path


def _npz(path: Path, tree: dict[str, np.ndarray]) -> Path:
    np.savez(path.with_suffix(".npz"), **tree)
    return path.with_suffix(".npz")


def _deflated_npz(path: Path, tree: dict[str, np.ndarray]) -> Path:
    np.savez_compressed(path.with_suffix(".npz"), **tree)
    return path.with_suffix(".npz")


WRITERS = [_msgpack, _chunked_msgpack, _safetensors, _npz, _deflated_npz]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    shutil.rmtree(tmp_path)  # pytest would keep hundreds of megabytes of three runs


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__.strip("_"))
def test_peak(folder: Path, tree: dict[str, np.ndarray], write: Callable[..., Path]) -> None:
    found = _read_all(write(folder / "file", tree), MIB)
    assert found["sums"] == {name: zlib.crc32(array.tobytes()) for name, array in tree.items()}
    assert found["opened"] - found["before"] < 8
    assert found["peak"] - found["before"] < 24
    assert found["peak"] < 100


@pytest.mark.parametrize("write", [_npz, _deflated_npz], ids=lambda write: write.__name__.strip("_"))
def test_peak_of_fortran_order(folder: Path, write: Callable[..., Path]) -> None:
    """128 MiB band by band, and several times longer in one direction than in the other."""
    array = (np.arange(32 * MIB) // 1000).astype(np.float32).reshape(512, -1).T
    found = _read_all(write(folder / "file", {"a": array}), MIB)
    assert found["sums"] == {"a": zlib.crc32(np.ascontiguousarray(array).data)}
    assert found["peak"] - found["before"] < 100


def test_peak_of_writing(folder: Path, tree: dict[str, np.ndarray]) -> None:
    found = _read_all(_msgpack(folder / "file", tree), MIB, folder / "written")
    assert found["peak"] < 100
    again = _read_all(folder / "written", MIB)
    assert (
        again["sums"] == found["sums"] == {name: zlib.crc32(array.tobytes()) for name, array in tree.items()}
    )


def test_many_leaves(folder: Path) -> None:
    """20 000 of them, as in a model that was not scanned."""
    tree = {f"layers_{i}": {name: np.full(8, i, np.float32) for name in "abcd"} for i in range(5000)}
    found = _read_all(_msgpack(folder / "file", tree), MIB)
    assert len(found["sums"]) == 20_000
    assert found["peak"] < 120


def test_nothing_heavy_is_imported(folder: Path) -> None:
    path = _msgpack(folder / "file", {"a": np.ones(3)})
    assert set(_read_all(path, 16)["imported"]) <= {"pickle"}  # NumPy imports it
