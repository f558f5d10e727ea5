"""Files that lie about their sizes, nest without end or hold no arrays; what is said about them."""

import os
import struct
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest
from flax import serialization
from migrate_norm.checkpoint.formats import FormatError, open_file

from .test_safetensors import made

ONE_MIB = 1 << 20


def packed(tree: Any) -> bytes:
    return msgpack.packb(tree, strict_types=True)


def ndarray(
    shape: Any = (2,), dtype: Any = "int8", data: Any = b"ab", code: int = 1, rest: bytes = b""
) -> Any:
    return msgpack.ExtType(code, msgpack.packb((shape, dtype, data)) + rest)


def leaf(array: Any) -> bytes:
    return packed({"w": array})


def chunked(**changes: Any) -> bytes:
    chunks = {"0": ndarray(), "1": ndarray()}
    fields = {"__msgpack_chunked_array__": True, "shape": {"0": 2, "1": 2}, "chunks": chunks}
    return packed({"w": {k: v for k, v in {**fields, **changes}.items() if v is not None}})


MSGPACK = {
    "claims_2_40_elements": (leaf(ndarray((1 << 40,))), "takes 1099511627776 bytes, but there are 2"),
    "claims_too_much": (leaf(ndarray((1 << 62, 1 << 62))), "too big for any memory"),
    "claims_a_long_extension": (
        b"\x81\xa1w\xc9\xff\xff\xff\xff\x01",
        "4294967295 bytes, but the file ends at 9",
    ),
    "claims_a_long_array": (
        b"\x81\xa1w\xc7\x0b\x01\x93\x91\x02\xa4int8\xc6\xff\xff\xff\xff",
        "should be here",
    ),
    "claims_many_pairs": (b"\xdf\xff\xff\xff\xff\xa1a\xc0", "4294967295, but only 3 bytes"),
    "claims_many_items": (b"\xdd\xff\xff\xff\xff\xc0", "4294967295, but only 1 bytes"),
    "claims_a_long_name": (b"\x81\xdb\xff\xff\xff\xff", "names and texts"),
    "negative_dimension": (leaf(ndarray((-1,))), "integers from 0 on"),
    "bool_dimension": (leaf(ndarray((True, 2))), "a dimension has to be an integer, not a bool"),
    "many_dimensions": (leaf(ndarray((1,) * 65)), "65 dimensions"),
    "size": (leaf(ndarray((3,))), "takes 3 bytes, but there are 2"),
    "dtype_object": (leaf(ndarray(dtype="object")), "'object' is none of"),
    "dtype_text": (leaf(ndarray(dtype="str32")), "'str32' is none of"),
    "dtype_long": (leaf(ndarray(dtype="x" * 70)), "70 bytes"),
    "data_is_text": (leaf(ndarray(data="ab")), "has to be bytes, not a string"),
    "two_fields": (leaf(msgpack.ExtType(1, msgpack.packb(((2,), "int8")))), "shape, dtype and bytes"),
    "more_in_the_extension": (leaf(ndarray(rest=b"\xc0")), "what the extension holds ends at"),
    "scalar_with_a_shape": (leaf(ndarray(code=3)), "a NumPy scalar with the shape"),
    "complex_of_three": (leaf(msgpack.ExtType(2, msgpack.packb((1.0, 2.0, 3.0)))), "two parts"),
    "complex_of_text": (leaf(msgpack.ExtType(2, msgpack.packb(("1", 2.0)))), "has to be a float"),
    "unknown_extension": (leaf(msgpack.ExtType(4, b"ab")), "extension 4 is none that Flax writes"),
    "timestamp": (leaf(msgpack.Timestamp(1)), "extension -1 is none"),
    "bytes": (leaf(b"abc"), "bytes at"),
    "unused_byte": (b"\x81\xa1w\xc1", "msgpack does not use"),
    "integer_key": (packed({1: ndarray()}), "a name in '' has to be a string, not an integer"),
    "bytes_key": (packed({"a": {b"b": 1}}), "a name in 'a' has to be a string, not bytes"),
    "no_utf8": (b"\x81\xa1\xff\xc0", "not UTF-8"),
    "same_key_twice": (b"\x82\xa1a\xc0\xa1a\xc0", "a second entry 'a'"),
    "bytes_behind_the_end": (packed({"a": 1}) + b"\0", "1 bytes behind the end"),
    "deep_dicts": (b"\x81\xa1a" * 100 + b"\xc0", "nested more than 64 deep"),
    "deep_lists": (b"\x81\xa1a" + b"\x91" * 100_000 + b"\xc0", "nested more than 64 deep"),
    "cut": (packed({"a": ndarray()})[:-1], "file ends"),
    "elsewhere": (leaf("//GDAPlaceholder:w"), "ends with _gda"),
    "chunks_in_a_list": (packed({"a": [msgpack.unpackb(chunked())["w"]]}), "inside of lists"),
    "chunks_without_shape": (chunked(shape=None), "shape and chunks"),
    "chunks_with_a_gap": (chunked(chunks={"0": ndarray(), "2": ndarray()}), "without gaps"),
    "chunks_in_no_dict": (chunked(chunks=[ndarray(), ndarray()]), "without gaps"),
    "chunks_of_numbers": (chunked(chunks={"0": 1}), "array with one dimension"),
    "chunks_of_two_dtypes": (chunked(chunks={"0": ndarray(), "1": ndarray(dtype="uint8")}), "of one dtype"),
    "no_chunks": (chunked(chunks={}), "of one dtype"),
    "chunks_too_few": (chunked(chunks={"0": ndarray()}), "takes 4 bytes, but there are 2"),
    "chunk_shape_of_text": (chunked(shape={"0": "2", "1": 2}), "integers from 0 on"),
    "chunk_shape_of_floats": (chunked(shape={"0": 2.0, "1": 2}), "integers from 0 on"),
    "chunk_shape_of_bools": (chunked(shape={"0": True, "1": 4}), "integers from 0 on"),
    "chunk_shape_negative": (chunked(shape={"0": -2, "1": -2}), "integers from 0 on"),
}


def entry(**changes: Any) -> dict[str, Any]:
    return {"dtype": "I8", "shape": [2], "data_offsets": [0, 2], **changes}


SAFETENSORS = {
    "claims_2_40_elements": (made({"a": entry(shape=[1 << 40])}, b"ab"), "takes 1099511627776 bytes"),
    "claims_too_much": (made({"a": entry(shape=[1 << 62, 1 << 62])}, b"ab"), "too big for any memory"),
    "long_header": (b"\xff\xff\xff\x7f\0\0\0\0{}", "a header of 2147483647 bytes, but the file ends"),
    "no_json": (made(b"{]"), "not as it has to be"),
    "no_utf8": (made(b'{"\xff":1}'), "not as it has to be"),
    "not_closed": (made(b'{"a":'), "not as it has to be"),
    "more_json": (made(b"{}{}"), "not as it has to be"),
    "deep_json": (made(b'{"a":' + b"[" * 100_000), "not as it has to be"),
    "not_a_number": (made(b'{"a":NaN}'), "NaN is no JSON"),
    "long_number": (made(b'{"a":' + b"9" * 5000 + b"}"), "not as it has to be"),
    "same_name_twice": (made(b'{"a":1,"a":1}'), "'a' occurs twice"),
    "surrogate": (made(rb'{"\ud800":1}'), "no Unicode"),
    "entry_is_a_list": (made({"a": []}), "has to have dtype, shape and data_offsets"),
    "field_missing": (made({"a": {"dtype": "I8", "shape": [2]}}), "has to have dtype"),
    "field_more": (made({"a": entry(strides=[1])}, b"ab"), "has to have dtype"),
    "dtype": (made({"a": entry(dtype="Q7")}, b"ab"), "'Q7' of 'a' is unknown here"),
    "dtype_list": (made({"a": entry(dtype=[])}, b"ab"), "has to be a string"),
    "shape_float": (made({"a": entry(shape=[2.0])}, b"ab"), "integers from 0 on"),
    "shape_bool": (made({"a": entry(shape=[True, 2])}, b"ab"), "integers from 0 on"),
    "shape_negative": (made({"a": entry(shape=[-1, -2])}, b"ab"), "integers from 0 on"),
    "shape_text": (made({"a": entry(shape="2")}, b"ab"), "has to be a list"),
    "size": (made({"a": entry(shape=[3])}, b"ab"), "takes 3 bytes, but there are 2"),
    "offsets_of_text": (made({"a": entry(data_offsets=["0", "2"])}, b"ab"), "begin, end"),
    "offsets_turned": (made({"a": entry(data_offsets=[2, 0])}, b"ab"), "begin, end"),
    "offsets_negative": (made({"a": entry(data_offsets=[-2, 0])}, b"ab"), "begin, end"),
    "gap": (made({"a": entry(data_offsets=[1, 3])}, b"abc"), "gap of 1"),
    "overlap": (made({"a": entry(), "b": entry(data_offsets=[1, 3])}, b"abc"), "overlaps"),
    "same_place": (made({"a": entry(), "b": entry()}, b"ab"), "overlaps"),
    "beyond_the_end": (made({"a": entry(data_offsets=[0, 2])}, b"a"), "data has 1 bytes"),
    "data_left": (made({"a": entry()}, b"abc"), "data has 3 bytes"),
    "metadata_list": (made({"__metadata__": []}), "dict of strings"),
    "metadata_number": (made({"__metadata__": {"a": 1}}), "dict of strings"),
    "metadata_surrogate": (made(rb'{"__metadata__":{"a":"\udfff"}}'), "no Unicode"),
    "separator": (made({"__metadata__": {"migrate_norm.path_separator": ""}}), "one to eight"),
    "ambiguous_names": (
        made({"a.b": entry(), "c/d": entry(data_offsets=[2, 4])}, b"abcd"),
        "either could be",
    ),
    "leaf_and_folder": (made({"a": entry(), "a.b": entry(data_offsets=[2, 4])}, b"abcd"), "also the folder"),
}
OTHERS = {
    "empty": (b"", "is empty"),
    "text": (b"hello world", "neither Flax msgpack"),
    "pickle": (b"\x80\x04\x95", "a pickle, which is never loaded"),
    "gzip": (b"\x1f\x8b\x08", "unpack it first"),
    "hdf5": (b"\x89HDF\r\n", "HDF5"),
    "zip_cut": (b"PK\x03\x04", "not a zip file"),
}
CASES = {
    f"{kind}-{name}": case
    for kind, cases in {"msgpack": MSGPACK, "safetensors": SAFETENSORS, "other": OTHERS}.items()
    for name, case in cases.items()
}


@pytest.mark.parametrize(("data", "why"), CASES.values(), ids=CASES)
def test_refused_before_anything_is_allocated(tmp_path: Path, data: bytes, why: str) -> None:
    (tmp_path / "file").write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises(FormatError, match=why) as error:
            open_file(tmp_path / "file")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert str(tmp_path / "file") in str(error.value)
    assert len(str(error.value)) < 800
    assert peak < ONE_MIB + 10 * len(data)


def test_many_leaves(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\x81\xa1a\xdd\0\x10\0\0" + bytes(1 << 20))
    with pytest.raises(FormatError, match="more than 250000"):
        open_file(tmp_path / "file")


def test_the_place_is_named(tmp_path: Path) -> None:
    data = packed({"params": {"w": ndarray((3,))}})
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(FormatError, match=rf"byte {data.index(b'ab') - 2}: .*\(leaf 'params/w'\)"):
        open_file(tmp_path / "file")


def test_names_are_escaped_and_cut_in_messages(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(packed({"\x1b[31m\n" + "x" * 10_000: b"bytes"}))
    with pytest.raises(FormatError) as error:
        open_file(tmp_path / "file")
    assert len(str(error.value)) < 400
    assert str(error.value).isprintable()


@pytest.mark.parametrize("name", ["..", "/etc/passwd", "a\0b", "x" * 10_000, "", "C:\\a", "~"])
def test_names_are_only_names(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(packed({name: {name: ndarray()}}))
    with open_file(tmp_path / "file") as store:
        assert [array.path for array in store.arrays] == [(name, name)]
    (tmp_path / "file").write_bytes(made({name: entry()}, b"ab"))
    with open_file(tmp_path / "file", "|") as store:
        assert [array.path for array in store.arrays] == [(name,)]


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_file(tmp_path / "missing")
    with pytest.raises(FormatError, match="is a folder"):
        open_file(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FormatError, match="no regular file"):
        open_file(tmp_path / "pipe")


@pytest.mark.parametrize("kind", ["msgpack", "npz"])
def test_changed_while_it_is_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "file"
    tree = {"w": np.arange(100_000.0)}
    if kind == "npz":
        np.savez(path, **tree)
        path = tmp_path / "file.npz"
    else:
        path.write_bytes(serialization.msgpack_serialize(tree))
    with open_file(path) as store:
        pieces = store.read(store.arrays[0], 1 << 12)
        next(pieces)
        os.utime(path, ns=(0, 0))
        with pytest.raises(FormatError, match="changed while it was read"):
            list(pieces)


@pytest.mark.parametrize("kind", ["msgpack", "npz"])
def test_cut_while_it_is_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "file"
    tree = {"w": np.arange(1_000_000.0)}
    if kind == "npz":
        np.savez(path, **tree)
        path = tmp_path / "file.npz"
    else:
        path.write_bytes(serialization.msgpack_serialize(tree))
    with open_file(path) as store:
        pieces = store.read(store.arrays[0], 1 << 12)
        next(pieces)
        os.truncate(path, 100_000)
        with pytest.raises(FormatError, match="became shorter"):
            list(pieces)


@pytest.mark.parametrize("preadv", [True, False])
@pytest.mark.parametrize("kind", ["msgpack", "npz"])
def test_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, preadv: bool) -> None:
    if not preadv:  # as on Windows
        monkeypatch.delattr(os, "preadv", raising=False)
    tree = {f"w{i}": np.full(20_000, i) for i in range(16)}
    path = tmp_path / "file.npz"
    if kind == "npz":
        np.savez(path, **tree)
    else:
        path.write_bytes(serialization.msgpack_serialize(tree))
    with open_file(path) as store, ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda array: np.concatenate(list(store.read(array, 1000))), store.arrays)
        for array, values in zip(store.arrays, found, strict=True):
            assert np.array_equal(values, tree[array.path[0]])


def test_limits_of_reading(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(packed({"a": ndarray()}))
    (tmp_path / "other").write_bytes(packed({"b": ndarray()}))
    with open_file(tmp_path / "file") as store, open_file(tmp_path / "other") as other:
        with pytest.raises(ValueError, match="at least one element"):
            store.read(store.arrays[0], 15)
        with pytest.raises(KeyError):
            store.read(other.arrays[0], 16)


def test_many_objects_in_a_header(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(made(b'{"a":[' + b"[]," * 1_000_000 + b"1]}"))
    with pytest.raises(FormatError, match="1000002 lists and objects"):
        open_file(tmp_path / "file")


def test_a_long_header_is_refused_by_its_length(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        file.write(struct.pack("<Q", 17 << 20) + b"{")
        file.truncate(18 << 20)
    with pytest.raises(FormatError, match="at most 16777216 are read"):
        open_file(tmp_path / "file")
