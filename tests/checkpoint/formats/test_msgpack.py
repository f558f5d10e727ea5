"""Flax's msgpack files, compared with flax.serialization."""

from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from flax import config, serialization
from flax.training import checkpoints, train_state
from hypothesis import given, settings
from migrate_norm.checkpoint.formats import StoredArray, open_file

from .trees import every_leaf, trees
from .values import official_msgpack, read


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Flax cuts arrays over 1 GB into chunks; here those over 64 bytes."""
    monkeypatch.setattr(serialization, "MAX_CHUNK_SIZE", 64)


def _write(folder: Path, tree: Any) -> Path:
    (folder / "checkpoint").write_bytes(serialization.to_bytes(tree))
    return folder / "checkpoint"


def _same(path: Path, limit: int = 1 << 20) -> None:
    assert read(path, limit) == official_msgpack(path.read_bytes())


@pytest.mark.parametrize("limit", [16, 100, 1 << 20])
def test_every_leaf(tmp_path: Path, limit: int) -> None:
    _same(_write(tmp_path, every_leaf()), limit)


@settings(deadline=None, max_examples=300)
@given(tree=trees())
def test_random_trees(tmp_path_factory: pytest.TempPathFactory, tree: Any) -> None:
    path = _write(tmp_path_factory.mktemp("tree"), tree)
    _same(path)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("shape", [(40,), (33, 2), (5, 5, 5), (1, 401)], ids=str)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "complex128", "float64"])
def test_chunked_arrays(tmp_path: Path, shape: tuple[int, ...], dtype: str) -> None:
    array = np.arange(np.prod(shape)).reshape(shape).astype(jnp.dtype(dtype))
    path = _write(tmp_path, {"a": {"w": array, "b": np.ones(2)}, "step": 3})
    assert b"__msgpack_chunked_array__" in path.read_bytes()
    _same(path)
    with open_file(path) as store:
        assert StoredArray(("a", "w"), shape, dtype, array.nbytes) in store.arrays


@pytest.mark.usefixtures("small_chunks")
def test_chunked_array_alone(tmp_path: Path) -> None:
    _same(_write(tmp_path, np.arange(100.0)), limit=48)


@pytest.mark.parametrize(
    "tree", [{}, None, 3, np.arange(3), [], [np.ones(2), {"a": []}], {"a": {"b": None}}], ids=str
)
def test_small_trees(tmp_path: Path, tree: Any) -> None:
    (tmp_path / "c").write_bytes(serialization.msgpack_serialize(tree))
    if tree is None or isinstance(tree, int):  # no file of Flax is that short
        with pytest.raises(ValueError, match="neither"):
            read(tmp_path / "c")
    else:
        _same(tmp_path / "c")


@pytest.mark.filterwarnings("ignore:Flax Checkpointing will soon be deprecated")
def test_saved_by_flax_training(tmp_path: Path) -> None:
    state = train_state.TrainState(
        step=7,
        apply_fn=len,
        params={"Dense_0": {"kernel": jnp.ones((3, 2), jnp.bfloat16), "bias": jnp.arange(2.0)}},
        tx=None,
        opt_state=({"count": jnp.array(4)}, (), [jnp.zeros(3)] * 11),
    )
    with config.temp_flip_flag("use_orbax_checkpointing", False):
        path = Path(checkpoints.save_checkpoint(tmp_path, state, 7))
    _same(path)
    with open_file(path) as store:
        assert store.kind == "msgpack"
        assert StoredArray(("step",), (), "int64", 8, scalar=True) in store.arrays
        assert ("opt_state", "1") in store.empty
        places = [array.path[-1] for array in store.arrays if array.path[:2] == ("opt_state", "2")]
        assert places == [str(place) for place in range(11)]


def test_order_is_that_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(
        serialization.msgpack_serialize({"b": 1, "a": {"z": 2, "y": 3}}, in_place=True)
    )
    with open_file(tmp_path / "c") as store:
        assert [array.path for array in store.arrays] == [("b",), ("a", "z"), ("a", "y")]


def test_strings_are_metadata(tmp_path: Path) -> None:
    path = _write(tmp_path, {"w": np.ones(2), "about": {"name": "resnet", "note": ""}})
    with open_file(path) as store:
        assert store.metadata == {"about/name": "resnet", "about/note": ""}
