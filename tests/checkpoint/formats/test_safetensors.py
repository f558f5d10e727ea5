"""safetensors files, compared with the safetensors library in both directions."""

import io
import json
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import safetensors
from hypothesis import given, settings
from hypothesis import strategies as st
from migrate_norm.checkpoint.formats import FormatError, StoredArray, open_file, write_safetensors
from migrate_norm.checkpoint.formats.safetensors_dtypes import SAFETENSORS_DTYPES

from .trees import SHAPES, arrays, random_array
from .values import Held, held, official_safetensors, read, value

DTYPES = [np.dtype(getattr(ml_dtypes, name, None) or name) for name in SAFETENSORS_DTYPES.values()]


def saved(tensors: dict[str, np.ndarray], metadata: dict[str, str] | None = None) -> bytes:
    """Returns the file of the library."""
    specs = {
        name: safetensors.TensorSpec(
            dtype=array.dtype.name, shape=array.shape, data_ptr=array.ctypes.data, data_len=array.nbytes
        )
        for name, array in tensors.items()
    }
    return bytes(safetensors.serialize(specs, metadata=metadata))


def made(header: Any, data: bytes = b"") -> bytes:
    """Returns a file with any header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def written(tensors: dict[tuple[str, ...], np.ndarray], separator: str, cut: int = 1 << 20) -> bytes:
    """Returns the file of this package, from pieces of `cut` elements."""
    header = [StoredArray(path, a.shape, a.dtype.name, a.nbytes) for path, a in tensors.items()]
    flat = [np.ascontiguousarray(array).reshape(-1) for array in tensors.values()]
    pieces = [[array[i : i + cut] for i in range(0, array.size, cut)] for array in flat]
    file = io.BytesIO()
    write_safetensors(file, zip(header, pieces, strict=True), header, separator, {"format": "flax"})
    return file.getvalue()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("limit", [16, 1 << 20])
def test_every_dtype(tmp_path: Path, dtype: np.dtype[Any], limit: int) -> None:
    tensors = {f"a.{i}": random_array(dtype, shape, i) for i, shape in enumerate(SHAPES)}
    (tmp_path / "f").write_bytes(saved(tensors))
    found = read(tmp_path / "f", limit)
    assert found.arrays == {name: value(array) for name, array in tensors.items()}
    assert found.arrays == official_safetensors((tmp_path / "f").read_bytes()).arrays


def test_every_dtype_of_the_library_is_known() -> None:
    """The library lists what it knows when it meets something else."""
    entry = {"dtype": "?", "shape": [0], "data_offsets": [0, 0]}
    with pytest.raises(safetensors.SafetensorError) as error:
        safetensors.deserialize(made({"a": entry}))
    listed = set(
        str(error.value).split("expected one of ")[1].split(" at line")[0].replace("`", "").split(", ")
    )
    assert listed == {*SAFETENSORS_DTYPES, "F4", "F6_E2M3", "F6_E3M2"}


@pytest.mark.parametrize("dtype", ["F4", "F6_E2M3", "F6_E3M2"])
def test_packed_dtypes_are_refused(tmp_path: Path, dtype: str) -> None:
    (tmp_path / "f").write_bytes(made({"a": {"dtype": dtype, "shape": [4], "data_offsets": [0, 3]}}, b"abc"))
    with pytest.raises(FormatError, match="packs several elements"):
        open_file(tmp_path / "f")


def test_metadata_and_order(tmp_path: Path) -> None:
    tensors = {"b": np.zeros(2, np.int8), "a": np.ones(3), "c": np.zeros(0)}
    (tmp_path / "f").write_bytes(saved(tensors, {"format": "flax", "path_of": "x"}))
    with open_file(tmp_path / "f") as store:
        assert (store.kind, store.metadata) == ("safetensors", {"format": "flax", "path_of": "x"})
        assert (store.separator, store.empty) == (None, ())
        text = (tmp_path / "f").read_bytes()[8:].split(b"}}")[0] + b"}}"
        assert [array.path for array in store.arrays] == [(name,) for name in list(json.loads(text))[1:]]


_PARTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/"), min_size=1, max_size=6)
_PATHS = st.lists(_PARTS, min_size=1, max_size=3).map(tuple)


@settings(deadline=None, max_examples=200)
@given(tensors=st.dictionaries(_PATHS, arrays(DTYPES), max_size=6), cut=st.integers(1, 9))
def test_written_files_are_read_by_the_library(
    tmp_path_factory: pytest.TempPathFactory, tensors: dict[tuple[str, ...], np.ndarray], cut: int
) -> None:
    paths = [path for path in tensors if path != ("__metadata__",)]
    leaves = {p: tensors[p] for p in paths if not any(o != p and o[: len(p)] == p for o in paths)}
    data = written(leaves, "/", cut)
    assert official_safetensors(data).arrays == {
        "/".join(path): value(array) for path, array in leaves.items()
    }
    path = tmp_path_factory.mktemp("st") / "f"
    path.write_bytes(data)
    with open_file(path) as store:
        assert {array.path for array in store.arrays} == set(leaves)
        assert store.metadata == {"format": "flax"}
        assert held(store) == Held(official_safetensors(data).arrays, frozenset(), {"format": "flax"})


@pytest.mark.parametrize("separator", ["/", ".", "::"])
def test_the_separator_is_noted(tmp_path: Path, separator: str) -> None:
    paths = {("a", "b-c"), ("x" if separator == "." else "x.y", "z" if separator == "/" else "z/z")}
    (tmp_path / "f").write_bytes(written({path: np.ones(1) for path in paths}, separator))
    with open_file(tmp_path / "f") as store:
        assert {array.path for array in store.arrays} == paths
        assert store.separator == separator


REFUSED = {
    "separator_in_name": ([StoredArray(("a.b",), (), "int8", 1)], ".", {}, "cannot be a name"),
    "no_path": ([StoredArray((), (), "int8", 1)], ".", {}, "cannot be a name"),
    "reserved": ([StoredArray(("__metadata__",), (), "int8", 1)], ".", {}, "cannot be a name"),
    "dtype": ([StoredArray(("a",), (), "complex128", 16)], ".", {}, "has no dtype 'complex128'"),
    "int4": ([StoredArray(("a",), (2,), "int4", 2)], ".", {}, "has no dtype 'int4'"),
    "size": ([StoredArray(("a",), (3,), "int8", 2)], ".", {}, "takes 3 bytes, but there are 2"),
    "negative": ([StoredArray(("a",), (-1,), "int8", 2)], ".", {}, "integers from 0 on"),
    "twice": ([StoredArray(("a",), (), "int8", 1)] * 2, ".", {}, "two arrays"),
    "folder": (
        [StoredArray(("a",), (), "int8", 1), StoredArray(("a", "b"), (), "int8", 1)],
        ".",
        {},
        "folder",
    ),
    "surrogate": ([StoredArray(("\ud800",), (), "int8", 1)], ".", {}, "no Unicode"),
    "surrogate_text": ([], ".", {"a": "\udfff"}, "no Unicode"),
    "own_key": ([], ".", {"migrate_norm.path_separator": "/"}, "is written from the separator"),
    "empty_separator": ([], "", {}, "one to eight"),
}


@pytest.mark.parametrize(("header", "separator", "metadata", "why"), REFUSED.values(), ids=REFUSED)
def test_refused_before_anything_is_written(
    header: list[StoredArray], separator: str, metadata: dict[str, str], why: str
) -> None:
    file = io.BytesIO()
    with pytest.raises(FormatError, match=why):
        write_safetensors(file, [], header, separator, metadata)
    assert not file.getvalue()


A, B = StoredArray(("a",), (2,), "float32", 8), StoredArray(("b",), (2,), "float32", 8)
ONES = np.ones(2, np.float32)
NOT_AS_ANNOUNCED = {
    "missing": ([(A, [ONES])], "did not come"),
    "other_order": ([(B, [ONES]), (A, [ONES])], "should come here"),
    "more": ([(A, [ONES]), (B, [ONES]), (B, [ONES])], "nothing more should come here"),
    "short": ([(A, [ONES[:1]])], "with 4 bytes only"),
    "long": ([(A, [ONES, ONES])], "more data"),
    "dtype": ([(A, [np.ones(1, np.float64)])], "is of float64"),
    "byte_order": ([(A, [np.ones(2, ">f4")])], "is of >f4"),
}


@pytest.mark.parametrize(("arrays", "why"), NOT_AS_ANNOUNCED.values(), ids=NOT_AS_ANNOUNCED)
def test_arrays_that_are_not_as_announced(arrays: Any, why: str) -> None:
    with pytest.raises(FormatError, match=why):
        write_safetensors(io.BytesIO(), arrays, [A, B], ".", {})


class _Slow(io.BytesIO):
    """Takes three bytes at a time, as an unbuffered file may."""

    def write(self, data: Any) -> int:
        return super().write(memoryview(data)[:3])


def test_short_writes() -> None:
    file = _Slow()
    write_safetensors(file, [(A, [ONES]), (B, [2 * ONES])], [A, B], ".", {})
    assert official_safetensors(file.getvalue()).arrays == {"a": value(ONES), "b": value(2 * ONES)}


class _Full(io.BytesIO):
    def write(self, data: Any) -> int:  # noqa: ARG002
        return 0


def test_a_file_that_takes_nothing() -> None:
    with pytest.raises(OSError, match="takes no more"):
        write_safetensors(_Full(), [], [], ".", {})


def test_arrays_are_aligned_and_listed_as_given(tmp_path: Path) -> None:
    """Readers that map a file view it as the dtype, which has to begin at a multiple of its size."""
    dtypes = ["int8", "float64", "bool", "bfloat16", "complex64", "float32"]
    tensors = {(name,): random_array(np.dtype(name), (3,), 0) for name in dtypes}
    data = written(tensors, ".")
    assert official_safetensors(data).arrays == {name: value(array) for (name,), array in tensors.items()}
    text = data[8 : 8 + int.from_bytes(data[:8], "little")]
    header = json.loads(text)
    assert len(text) % 8 == 0
    assert all(header[name]["data_offsets"][0] % np.dtype(name).itemsize == 0 for name in dtypes)
    assert list(header)[1:] == dtypes
    (tmp_path / "f").write_bytes(data)
    with open_file(tmp_path / "f") as store:
        assert [array.dtype for array in store.arrays] == dtypes
