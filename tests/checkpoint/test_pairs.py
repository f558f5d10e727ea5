"""Every source to every target: each leaf keeps its dtype, its shape and every byte."""

from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from flax import serialization
from migrate_norm.checkpoint import CheckpointError, ConversionError, check_checkpoint, convert_checkpoint
from migrate_norm.checkpoint.formats import open_file

from .disk import as_bytes, contents
from .sources import EMPTY, FILES, KINDS, NO_SAFETENSORS, SOURCES, flat, holdable, without

Leaf = tuple[str, tuple[int, ...], bytes]
TARGETS = {
    "orbax": {},
    "linked": {"placement": "link"},
    "pure-dict": {"layout": "pure-dict"},
    "safetensors": {"to": "safetensors", "layout": "pure-dict"},
}


def leaf(value: Any) -> Leaf:
    return str(value.dtype), value.shape, np.ascontiguousarray(value).tobytes()


def wanted(tree: dict[str, Any]) -> dict[tuple[str, ...], Leaf]:
    """The leaves by their path without the collection."""
    return {path[1:]: leaf(value) for path, value in flat(tree).items()}


def read(target: Path) -> dict[tuple[str, ...], Leaf]:
    """The leaves of a target, by Orbax or our own reader of safetensors."""
    if target.is_dir():
        return {_path(name): found for name, found in as_bytes(target).items()}
    with open_file(target, ".") as store:
        arrays = {array: list(store.read(array, 1 << 20)) for array in store.arrays}
    joined = {a: np.concatenate(found) if found else np.empty(0, a.dtype) for a, found in arrays.items()}
    return {a.path: (a.dtype, a.shape, data.tobytes()) for a, data in joined.items()}


def _path(name: str) -> tuple[str, ...]:
    found = tuple(part.strip("'") for part in name[1:-1].split("]["))
    return found[:-1] if found[-1] == "value" else found


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", SOURCES)
def test_every_source_to_every_target(source: str, target: str, tmp_path: Path) -> None:
    tree = holdable(source)
    if target == "safetensors":  # whose names cannot hold the separator
        tree["batch_stats"]["odd"].pop("a.b", None)
        tree["params"]["kinds"] = without(tree["params"]["kinds"], NO_SAFETENSORS)
    src = SOURCES[source](tmp_path / "src", tree)
    if target == "linked" and source in FILES:
        with pytest.raises(CheckpointError, match="whose values are written anew: leave out --link"):
            convert_checkpoint(src, tmp_path / "dst", **TARGETS[target])
        assert [path.name for path in tmp_path.iterdir()] == ["src"]
        return
    before = contents(src) if src.is_dir() else {"": (0, src.read_bytes())}
    convert_checkpoint(src, tmp_path / "dst", **TARGETS[target])
    assert read(tmp_path / "dst") == wanted(tree)
    assert not any(checked.faults for checked in check_checkpoint(tmp_path / "dst"))
    assert (contents(src) if src.is_dir() else {"": (0, src.read_bytes())}) == before


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("name", sorted(NO_SAFETENSORS))
def test_what_safetensors_lacks_is_refused(name: str, dry_run: bool, tmp_path: Path) -> None:
    src = SOURCES["msgpack"](tmp_path / "src", {"params": {"w": KINDS[name], "b": KINDS["f32"]}})
    with pytest.raises(ConversionError, match=f"safetensors has no dtype '{KINDS[name].dtype}'"):
        convert_checkpoint(src, tmp_path / "dst", to="safetensors", dry_run=dry_run)
    assert [path.name for path in tmp_path.iterdir()] == ["src"]


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("name", ["float8_e4m3", "float6_e2m3fn", "uint4"])
def test_what_orbax_lacks_is_refused(name: str, dry_run: bool, tmp_path: Path) -> None:
    odd = np.ones(3).astype(getattr(ml_dtypes, name))
    src = SOURCES["msgpack"](tmp_path / "src", {"params": {"w": odd, "b": KINDS["f32"]}})
    with pytest.raises(ConversionError, match=rf"w\.value is {name}, which arrays of Orbax cannot be"):
        convert_checkpoint(src, tmp_path / "dst", dry_run=dry_run)
    assert [path.name for path in tmp_path.iterdir()] == ["src"]


@pytest.mark.parametrize("source", SOURCES)
def test_and_back_to_linen(source: str, tmp_path: Path) -> None:
    tree = holdable(source)
    src = SOURCES[source](tmp_path / "src", tree)
    convert_checkpoint(src, tmp_path / "nnx")
    convert_checkpoint(tmp_path / "nnx", tmp_path / "back", reverse=True)
    assert {_path(name): found for name, found in as_bytes(tmp_path / "back").items()} == {
        path: leaf(value) for path, value in flat(tree).items()
    }


@pytest.mark.parametrize("target", ["orbax", "safetensors"])
def test_arrays_without_elements(target: str, tmp_path: Path) -> None:
    (tmp_path / "src").write_bytes(serialization.to_bytes({"params": {"none": EMPTY, "some": KINDS["f32"]}}))
    convert_checkpoint(tmp_path / "src", tmp_path / "dst", **TARGETS[target])
    assert not any(checked.faults for checked in check_checkpoint(tmp_path / "dst"))
    if target == "safetensors":
        assert read(tmp_path / "dst")[("none",)] == leaf(EMPTY)


def test_the_separator_in_a_name_is_refused_in_safetensors(tmp_path: Path) -> None:
    (tmp_path / "src").write_bytes(serialization.to_bytes({"params": {"a.b": KINDS["f32"]}}))
    with pytest.raises(ConversionError, match=r"DST cannot be a safetensors file"):
        convert_checkpoint(tmp_path / "src", tmp_path / "dst", to="safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["src"]
