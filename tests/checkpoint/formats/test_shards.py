"""Checkpoints in several files beside an index."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flax import serialization, traverse_util
from migrate_norm.checkpoint.formats import FormatError, open_file

from .test_safetensors import made, saved
from .values import Value, held, read, value

ARRAYS = {
    "model/layers.0/kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
    "model/layers.0/bias": np.arange(3.0),
    "model/head/kernel": np.ones((3, 1), np.float16),
    "step": np.array(7),
}
FILES = [("model/layers.0/kernel", "step"), ("model/layers.0/bias", "model/head/kernel")]


def _msgpack(part: dict[str, np.ndarray]) -> bytes:
    return serialization.to_bytes(traverse_util.unflatten_dict(part, sep="/"))


def shards(folder: Path, kind: str, changes: dict[str, Any] | None = None) -> Path:
    """Writes a checkpoint as the transformers library lays it out; `changes` are made to the weight map."""
    weight_map = {}
    for number, names in enumerate(FILES, 1):
        part = {name: ARRAYS[name] for name in names}
        shard = f"model-0000{number}-of-00002.{kind}"
        (folder / shard).write_bytes(_msgpack(part) if kind == "msgpack" else saved(part, {"format": "flax"}))
        weight_map |= dict.fromkeys(names, shard)
    changed = {name: shard for name, shard in {**weight_map, **(changes or {})}.items() if shard is not None}
    index = folder / f"model.{kind}.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": changed}, indent=2))
    return index


@pytest.mark.parametrize("kind", ["msgpack", "safetensors"])
def test_read_as_one(tmp_path: Path, kind: str) -> None:
    with open_file(shards(tmp_path, kind)) as store:
        assert store.kind == kind
        assert {"/".join(array.path) for array in store.arrays} == set(ARRAYS)
        assert ("model", "layers.0", "bias") in [array.path for array in store.arrays]
        found: dict[Any, Value] = {
            "/".join(k) if isinstance(k, tuple) else k: v for k, v in held(store).arrays.items()
        }
        assert found == {name: value(array) for name, array in ARRAYS.items()}
        assert store.metadata == ({} if kind == "msgpack" else {"format": "flax"})


def test_the_separator_is_that_of_all_names(tmp_path: Path) -> None:
    """Alone, the first file would be split at dots."""
    (tmp_path / "1").write_bytes(saved({"a.b": np.ones(1)}))
    (tmp_path / "2").write_bytes(saved({"x.y": np.ones(1), "x.z/scale": np.ones(1)}))
    index = tmp_path / "i.json"
    index.write_text(json.dumps({"weight_map": {"a.b": "1", "x.y": "2", "x.z/scale": "2"}}))
    with open_file(index) as store:
        assert [array.path for array in store.arrays] == [("a", "b"), ("x", "y"), ("x", "z/scale")]
    with open_file(index, "/") as store:
        assert [array.path for array in store.arrays] == [("a.b",), ("x.y",), ("x.z", "scale")]


NAMES = ["../secret", "/etc/passwd", "..", ".", "", "a/b", "a\\b", "a\0", "C:x", "x" * 300, 7, ["x"], None]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name)[:20])
def test_only_files_beside_the_index_are_opened(tmp_path: Path, name: Any) -> None:
    (tmp_path / "secret").write_bytes(_msgpack(ARRAYS))
    folder = tmp_path / "inside"
    folder.mkdir()
    index = folder / "i.json"
    index.write_text(json.dumps({"weight_map": {"step": name}}))
    with pytest.raises(FormatError, match="no name of a file beside it") as error:
        open_file(index)
    assert str(index) in str(error.value)


@pytest.mark.parametrize("kind", ["msgpack", "safetensors"])
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"other": "model-00001-of-00002.{}"}, "lacks 1 arrays: 'other'"),
        ({"step": None}, "has, unknown to the index, 1 arrays: 'step'"),
        ({"step": "model-00002-of-00002.{}"}, "'step'"),
        ({"other": "model-00003-of-00002.{}"}, "is not there: fetch it"),
    ],
    ids=["array_missing", "array_more", "array_elsewhere", "file_missing"],
)
def test_the_index_is_exact(tmp_path: Path, kind: str, changes: dict[str, Any], why: str) -> None:
    index = shards(tmp_path, kind, {name: shard and shard.format(kind) for name, shard in changes.items()})
    with pytest.raises(FormatError, match=why) as error:
        open_file(index)
    assert str(tmp_path) in str(error.value)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    index = shards(tmp_path, "msgpack")
    shard = tmp_path / "model-00002-of-00002.msgpack"
    shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(FormatError, match=r"model-00002-of-00002.msgpack, byte"):
        open_file(index)


def _index(folder: Path, weight_map: dict[str, str]) -> Path:
    (folder / "i.json").write_text(json.dumps({"weight_map": weight_map}))
    return folder / "i.json"


def test_files_of_several_kinds(tmp_path: Path) -> None:
    (tmp_path / "1").write_bytes(_msgpack({"a": np.ones(1)}))
    (tmp_path / "2").write_bytes(saved({"b": np.ones(1)}))
    with pytest.raises(FormatError, match="several kinds: msgpack, safetensors"):
        open_file(_index(tmp_path, {"a": "1", "b": "2"}))


def test_a_leaf_that_is_a_folder_in_another_file(tmp_path: Path) -> None:
    (tmp_path / "1").write_bytes(_msgpack({"a": np.ones(1)}))
    (tmp_path / "2").write_bytes(_msgpack({"a/b": np.ones(1)}))
    with pytest.raises(FormatError, match="also the folder"):
        open_file(_index(tmp_path, {"a": "1", "a/b": "2"}))


def test_texts_that_differ(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(saved({name: np.ones(1)}, {"step": name}))
    with pytest.raises(FormatError, match="disagree on the text 'step'"):
        open_file(_index(tmp_path, {"a": "a", "b": "b"}))


def test_an_index_of_an_index(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="neither Flax msgpack"):
        open_file(_index(tmp_path, {"a": "i.json"}))


def test_too_many_files(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="501 files; at most 500"):
        open_file(_index(tmp_path, {f"a{i}": f"{i}" for i in range(501)}))


@pytest.mark.parametrize(
    "text", ["{", "{}", '{"weight_map": {}}', '{"weight_map": []}', '{"a": NaN}', '{"a":1,"a":1}']
)
def test_other_json(tmp_path: Path, text: str) -> None:
    (tmp_path / "i.json").write_text(text)
    with pytest.raises(FormatError, match="byte 0: "):
        open_file(tmp_path / "i.json")


def test_a_long_index(tmp_path: Path) -> None:
    (tmp_path / "i.json").write_bytes(b"{" + bytes(17 << 20))
    with pytest.raises(FormatError, match="at most 16777216"):
        open_file(tmp_path / "i.json")


def test_a_shard_changed_while_it_is_read(tmp_path: Path) -> None:
    with open_file(shards(tmp_path, "msgpack")) as store:
        (tmp_path / "model-00002-of-00002.msgpack").touch()
        with pytest.raises(FormatError, match=r"00002-of-00002\.msgpack was changed"):
            list(store.read(store.arrays[0], 1 << 10))


def test_a_header_whose_length_looks_like_json(tmp_path: Path) -> None:
    """123 is the length and the code of "{"."""
    entry = {"dtype": "I8", "shape": [2], "data_offsets": [0, 2]}
    name = "x" * (123 - len(json.dumps({"": entry})))
    (tmp_path / "f").write_bytes(made({name: entry}, b"ab"))
    assert (tmp_path / "f").read_bytes()[:1] == b"{"
    assert list(read(tmp_path / "f").arrays) == [name]


def test_a_pointer_of_git_lfs(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 9\n")
    with pytest.raises(FormatError, match="git lfs pull"):
        open_file(tmp_path / "f")
