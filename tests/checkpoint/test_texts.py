"""Strings among the leaves of a file, which no array can hold: refused or named, and never lost without a word."""

from pathlib import Path

import numpy as np
import pytest
from flax import serialization
from migrate_norm.checkpoint import ConversionError, convert_checkpoint, inspect_checkpoint
from migrate_norm.checkpoint.formats import StoredArray, write_safetensors

from .disk import as_bytes, contents

WEIGHTS = {"w": np.arange(3, dtype=np.float32)}
TREES = {
    "a field of the train state": ({"params": WEIGHTS, "step": 3, "tokenizer": "bpe"}, "tokenizer"),
    "beside params": ({"params": WEIGHTS, "info": {"name": "net"}}, "info/name"),
    "among params": ({"params": {**WEIGHTS, "note": ""}}, "params/note"),
}


@pytest.mark.parametrize(("tree", "name"), TREES.values(), ids=TREES)
def test_strings_of_msgpack(tree: dict[str, object], name: str, tmp_path: Path) -> None:
    src = tmp_path / "src.msgpack"
    src.write_bytes(serialization.to_bytes(tree))
    before = contents(tmp_path)
    with pytest.raises(ConversionError, match=rf"strings, .* \(1\): '{name}'; .* --weights-only"):
        convert_checkpoint(src, tmp_path / "nnx")
    with pytest.raises(ConversionError, match=name):
        convert_checkpoint(src, tmp_path / "nnx", dry_run=True)
    assert contents(tmp_path) == before
    assert inspect_checkpoint(src).texts == (name,)
    done = convert_checkpoint(src, tmp_path / "nnx", weights_only=True)
    assert any(note.startswith("not converted: ") and f"the text '{name}'" in note for note in done.notes)
    assert list(as_bytes(tmp_path / "nnx")) == ["['w']['value']"]


def test_notes_in_a_header_of_safetensors_are_named(tmp_path: Path) -> None:
    src, array = tmp_path / "src", StoredArray(("w",), (3,), "float32", 12)
    with src.open("wb") as file:
        write_safetensors(file, [(array, [WEIGHTS["w"]])], [array], "/", {"format": "flax"})
    done = convert_checkpoint(src, tmp_path / "nnx")
    assert "not converted: the text 'format'" in done.notes
