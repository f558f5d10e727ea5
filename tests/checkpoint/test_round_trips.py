"""Random trees under random renamings, there and back: the identity. And names that would leave the target."""

import contextlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from flax import serialization
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from migrate_norm.catalog.mapping import VariableMapping
from migrate_norm.checkpoint import CheckpointError, ConversionError, check_checkpoint, convert_checkpoint
from migrate_norm.checkpoint.source import opened

from .disk import as_bytes
from .sources import SOURCES

DTYPES = [
    np.dtype(name) for name in ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u1", "?", "c8", "c16")
] + [np.dtype(kind) for kind in (ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2)]
NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=6
).filter(lambda name: name not in ("value", ".", ".."))
SHAPES = st.lists(st.integers(1, 4), max_size=3).map(tuple)


@st.composite
def leaves(draw: st.DrawFn) -> np.ndarray:
    dtype, shape = draw(st.sampled_from(DTYPES)), draw(SHAPES)
    raw = draw(
        st.binary(
            min_size=dtype.itemsize * int(np.prod(shape)), max_size=dtype.itemsize * int(np.prod(shape))
        )
    )
    if dtype.kind == "b":
        raw = bytes(byte & 1 for byte in raw)
    return np.frombuffer(raw, dtype).reshape(shape)


def trees() -> st.SearchStrategy[dict[str, Any]]:
    below = st.recursive(
        leaves(), lambda inner: st.dictionaries(NAMES, inner, min_size=1, max_size=4), max_leaves=8
    )
    node = st.dictionaries(NAMES, below, min_size=1, max_size=4)
    return st.fixed_dictionaries({"params": node}, optional={"batch_stats": node, "my stats": node})


def flat(node: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], np.ndarray]:
    if not isinstance(node, dict):
        return {path: node}
    return {k: v for name, below in node.items() for k, v in flat(below, (*path, name)).items()}


def read(path: Path) -> dict[tuple[str, ...], tuple[str, tuple[int, ...], bytes]]:
    with opened(path) as source:
        return {
            tuple(map(str, leaf.disk)): (
                leaf.dtype,
                leaf.shape,
                b"".join(piece.tobytes() for piece in source.pieces(leaf.disk, 64)),
            )
            for leaf in source.leaves
        }


@given(
    tree=trees(),
    seed=st.randoms(use_true_random=False),
    form=st.sampled_from(["msgpack", "PyTreeCheckpointer"]),
)
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_there_and_back_under_a_random_renaming(tree: dict[str, Any], seed: Any, form: str) -> None:
    found = flat(tree)
    names = {".".join(path).removesuffix("/") for path in found}
    joined = len(names) == len(found) and not any(
        other.startswith((f"{name}.", f"{name}/")) for name in names for other in names
    )
    fresh = [("layer", str(i), seed.choice(("if_", "w", "a/b"))) for i in range(len(found))]
    seed.shuffle(fresh)
    rules = [
        VariableMapping(path[0], tuple(e.replace("{", "[").replace("}", "]") for e in path[1:]), target, "")
        for path, target in zip(found, fresh, strict=True)
    ]
    safe = all("{" not in e and "}" not in e for path in found for e in path)
    folder = Path(tempfile.mkdtemp())
    try:
        try:
            src = SOURCES[form](folder / "src", tree)
        except ValueError:  # names that Orbax itself cannot save, such as two that join alike
            assert not joined
            return
        if not (joined and safe):
            with contextlib.suppress(ConversionError, CheckpointError):
                convert_checkpoint(src, folder / "nnx")
                assert read(folder / "nnx")
            return
        convert_checkpoint(src, folder / "nnx", mapping=rules)
        convert_checkpoint(folder / "nnx", folder / "back", reverse=True)
        expected = {path: (str(v.dtype), v.shape, v.tobytes()) for path, v in found.items()}
        assert read(folder / "back") == expected
    finally:
        shutil.rmtree(folder)


SLASHES = ["/", "//", "a/", "a//", "/a", "/a/", "a/b", "a/b/"]


@pytest.mark.parametrize("name", SLASHES)
@pytest.mark.parametrize("at", ["top", "inside"])
def test_slashes_in_names_there_and_back(name: str, at: str, tmp_path: Path) -> None:
    """TensorStore ends the name of an array in a slash only where it has none."""
    first, second = np.random.rand(3), np.random.rand(2, 2).astype(np.float32)
    params = {name: first, "z": second}
    tree, path = (params, (name,)) if at == "top" else ({"params": params}, ("params", name))
    src = SOURCES["PyTreeCheckpointer"](tmp_path / "src", tree)
    assert read(src)[path] == ("float64", (3,), first.tobytes())
    convert_checkpoint(src, tmp_path / "nnx")
    rule = [VariableMapping("params", (name,), ("w",), ""), VariableMapping("params", ("z",), (name,), "")]
    convert_checkpoint(src, tmp_path / "turned", mapping=rule, layout="pure-dict")
    restored = {key: found[2] for key, found in as_bytes(tmp_path / "turned").items()}
    assert restored == {f"[{name!r}]": second.tobytes(), "['w']": first.tobytes()}
    convert_checkpoint(tmp_path / "nnx", tmp_path / "back", reverse=True)
    assert read(tmp_path / "back")[path] == ("float64", (3,), first.tobytes())


def test_lists_are_noted_in_their_order(tmp_path: Path) -> None:
    """With empty nodes between arrays, some releases of Orbax can restore a list in no other."""
    many = [{"mu": {"w": np.full(2, i, np.float32)}} if i % 3 else None for i in range(12)]
    state = {"params": {"w": np.ones(2, np.float32)}, "opt_state": many, "step": 3}
    src = SOURCES["PyTreeCheckpointer"](tmp_path / "src", state)
    convert_checkpoint(src, tmp_path / "nnx")
    convert_checkpoint(tmp_path / "nnx", tmp_path / "back", reverse=True)
    assert as_bytes(tmp_path / "back") == as_bytes(src)
    entries = json.loads((tmp_path / "back" / "_METADATA").read_text())["tree_metadata"].values()
    paths = [[key["key"] for key in entry["key_metadata"]] for entry in entries]
    assert [path[1] for path in paths if path[0] == "opt_state"] == list(map(str, range(12)))


@pytest.mark.parametrize("form", ["orbax", "msgpack"])
def test_names_that_are_one_to_the_database_are_refused(form: str, tmp_path: Path) -> None:
    """Orbax saves `a` and `a/` without a word, and one of them is gone."""
    tree = {"params": {"a": np.ones(3), "a/": np.zeros(3)}}
    src = SOURCES["PyTreeCheckpointer" if form == "orbax" else "msgpack"](tmp_path / "src", tree)
    with pytest.raises(ConversionError, match="one hides the other"):
        convert_checkpoint(src, tmp_path / "dst", layout="pure-dict")
    assert not (tmp_path / "dst").exists()


HOSTILE = {
    "up": "../../outside",
    "absolute": "/etc/passwd",
    "dots": "..",
    "nul": "a\0b",
    "long": "x" * 10_000,
    "newline": "a\nb",
    "empty": "",
    "metadata": "_METADATA",
    "manifest": "migrate-norm.json",
    "surrogate-free emoji": "\U0001f600",
}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("to", ["orbax", "safetensors"])
def test_names_never_leave_the_target(name: str, to: str, tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    src = folder / "src"
    data = np.arange(4, dtype=np.float32)
    src.write_bytes(serialization.msgpack_serialize({"params": {name: data, "safe": data}}))
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    try:
        convert_checkpoint(src, folder / "dst", to=to)
    except (ConversionError, CheckpointError):
        assert sorted(str(path) for path in tmp_path.rglob("*")) == before
        return
    outside = [path for path in tmp_path.rglob("*") if folder / "dst" not in (path, *path.parents)]
    assert sorted(str(path) for path in outside if not path.name.startswith("dst.")) == before
    assert not any(one.faults for one in check_checkpoint(folder / "dst"))
    found = {path[:-1] if to == "orbax" else path: leaf for path, leaf in read(folder / "dst").items()}
    assert found[(name,)][2] == data.tobytes()


@pytest.mark.parametrize("name", ["../outside", "a/../../b", "/abs", "x" * 300, "_METADATA", "d/x"])
def test_names_of_folders_never_leave_the_target(name: str, tmp_path: Path) -> None:
    src = SOURCES["a folder for each array"](tmp_path / "src", {"params": {"w": np.ones(3, np.float32)}})
    rule = VariableMapping("params", ("w",), (name,), "")
    with pytest.raises(ConversionError, match="cannot be the folder of an array"):
        convert_checkpoint(src, tmp_path / "dst", mapping=[rule], layout="pure-dict")
    assert [path.name for path in tmp_path.iterdir()] == ["src"]


def test_a_database_that_refers_outside_is_refused(tmp_path: Path) -> None:
    """A link among the data files, as an untrusted archive could hold one."""
    (tmp_path / "secret").write_bytes(b"secret" * 1000)
    src = SOURCES["PyTreeCheckpointer"](tmp_path / "src", {"params": {"w": np.random.rand(500, 50)}})
    data = max((src / "ocdbt.process_0" / "d").iterdir(), key=lambda path: path.stat().st_size)
    data.unlink()
    data.symlink_to(tmp_path / "secret")
    with pytest.raises(CheckpointError, match="symbolic link"):
        convert_checkpoint(src, tmp_path / "dst")
