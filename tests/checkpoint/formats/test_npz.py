"""Archives of NumPy, compared with numpy.load."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from migrate_norm.checkpoint.formats import FormatError, StoredArray, fortran, open_file

from .trees import DTYPES, SHAPES, random_array
from .values import official_npz, read, value

PLAIN = [dtype for dtype in DTYPES if dtype.kind in "biufc" and dtype.isbuiltin == 1]
SAVE = {"stored": np.savez, "deflated": np.savez_compressed}


@pytest.fixture
def small_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fortran, "BAND", 256)
    monkeypatch.setattr(fortran, "_BLOCK", 96)
    monkeypatch.setattr(fortran, "_RUN", 8)


@pytest.mark.parametrize("save", SAVE.values(), ids=SAVE)
@pytest.mark.parametrize("limit", [16, 100, 1 << 20])
def test_every_leaf(tmp_path: Path, save: Callable[..., Any], limit: int) -> None:
    arrays = {f"{d.name}.{i}": random_array(d, shape, i) for d in PLAIN for i, shape in enumerate(SHAPES)}
    save(tmp_path / "f.npz", **arrays)
    found = read(tmp_path / "f.npz", limit)
    assert found.arrays == {name: value(array) for name, array in arrays.items()}
    assert found.arrays == official_npz((tmp_path / "f.npz").read_bytes()).arrays


@pytest.mark.parametrize("descr", [">f4", ">i8", ">c16", ">u2", ">f2", "<f4"])
def test_byte_orders(tmp_path: Path, descr: str) -> None:
    array = np.arange(12).reshape(3, 4).astype(descr)
    np.savez(tmp_path / "f.npz", a=array, b=array.T, c=array[:0])
    assert read(tmp_path / "f.npz", 16).arrays == official_npz((tmp_path / "f.npz").read_bytes()).arrays


@pytest.mark.usefixtures("small_bands")
@pytest.mark.parametrize("save", SAVE.values(), ids=SAVE)
@pytest.mark.parametrize("limit", [16, 24, 100, 1 << 20])
def test_fortran_order_in_bands(tmp_path: Path, save: Callable[..., Any], limit: int) -> None:
    shapes = [(2, 3), (7, 50), (50, 7), (2, 200), (200, 2), (3, 4, 5), (40, 3, 5), (3, 40, 5), (2, 3, 90)]
    shapes += [(5, 1, 300), (300, 1, 5), (4, 0, 3), (2, 3, 4, 5), (13, 11, 3, 2)]
    arrays = {str(shape): np.asfortranarray(random_array(np.dtype("f4"), shape, 0)) for shape in shapes}
    arrays |= {f"{shape}8": np.asfortranarray(random_array(np.dtype("c16"), shape, 0)) for shape in shapes}
    save(tmp_path / "f.npz", **arrays)
    assert (tmp_path / "f.npz").read_bytes().count(b"'fortran_order': True") > 20 or save is not np.savez
    assert read(tmp_path / "f.npz", limit).arrays == {name: value(array) for name, array in arrays.items()}


@settings(deadline=None, max_examples=100)
@given(
    shape=st.lists(st.integers(1, 9), min_size=2, max_size=5).map(tuple),
    seed=st.integers(0, 99),
    data=st.data(),
)
def test_fortran_order(shape: tuple[int, ...], seed: int, data: st.DataObject) -> None:
    array = random_array(np.dtype("u2"), shape, seed)
    stored = array.reshape(-1, order="F")
    limit = data.draw(st.integers(16, 400))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fortran, "BAND", data.draw(st.integers(2, 500)))
        patch.setattr(fortran, "_BLOCK", data.draw(st.integers(1, 300)))
        patch.setattr(fortran, "_RUN", data.draw(st.integers(1, 20)))
        pieces = list(fortran.c_order(lambda at, count: stored[at : at + count], shape, array.dtype, limit))
    assert all(piece.nbytes <= limit for piece in pieces)
    assert np.array_equal(np.concatenate(pieces), array.reshape(-1))


def test_slashed_names(tmp_path: Path) -> None:
    np.savez(tmp_path / "f.npz", **{"params/a.b/kernel": np.ones(2), "params/b": np.array(1)})
    with open_file(tmp_path / "f.npz") as store:
        assert (store.kind, store.separator) == ("npz", "/")
        assert store.arrays == (
            StoredArray(("params", "a.b", "kernel"), (2,), "float64", 16),
            StoredArray(("params", "b"), (), "int64", 8),
        )


def npy(
    descr: str, shape: str, data: bytes = b"", fortran_order: str = "False", version: bytes = b"\1\0"
) -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': {fortran_order}, 'shape': {shape}, }}".encode() + b"\n"
    return b"\x93NUMPY" + version + len(text).to_bytes(2 if version[0] == 1 else 4, "little") + text + data


def archive(
    folder: Path, *members: bytes, names: tuple[str, ...] = ("a.npy", "b.npy"), compression: int = 0
) -> Path:
    with zipfile.ZipFile(folder / "f.npz", "w", compression) as file:
        for name, data in zip(names, members, strict=False):
            file.writestr(name, data)
    return folder / "f.npz"


@pytest.mark.parametrize("version", [b"\1\0", b"\2\0", b"\3\0"])
def test_versions(tmp_path: Path, version: bytes) -> None:
    path = archive(tmp_path, npy("'<i2'", "(2,)", b"abcd", version=version))
    assert (
        read(path).arrays
        == official_npz(path.read_bytes()).arrays
        == {"a": value(np.frombuffer(b"abcd", "<i2"))}
    )


class _Trap:
    """Unpickling this would be seen."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("unpickled",))


MEMBERS = {
    "bfloat16_without_a_name": (npy("'<V2'", "(1,)", b"ab"), "forgets the name of bfloat16"),
    "text": (npy("'<U1'", "(1,)", b"abcd"), "no plain number"),
    "date": (npy("'<M8[s]'", "(1,)", b"abcdefgh"), "no plain number"),
    "record": (npy("[('a', '<f4')]", "(1,)", b"abcd"), "not that of a plain array"),
    "no_such_float": (npy("'<f3'", "(1,)", b"abc"), "does not exist"),
    "long_double": (npy("'<f16'", "(1,)", b"\0" * 16), "float128' is none of"),
    "negative": (npy("'<f4'", "(-1,)", b"abcd"), "not that of a plain array"),
    "huge": (npy("'<f4'", "(1099511627776,)", b"abcd"), "takes 4398046511104 bytes, but there are 4"),
    "too_long": (npy("'<f4'", "(1,)", b"abcde"), "takes 4 bytes, but there are 5"),
    "too_short": (npy("'<f4'", "(2,)", b"abcd"), "takes 8 bytes, but there are 4"),
    "too_big_for_memory": (npy("'<f4'", "(4611686018427387904, 9, 0)"), "too big for any memory"),
    "dims": (npy("'<f4'", f"({'1, ' * 65})", b"abcd"), "65 dimensions"),
    "number_for_shape": (npy("'<f4'", "(1)", b"abcd"), "is a number"),
    "code_for_shape": (npy("'<f4'", "(__import__('os'),)", b"abcd"), "not that of a plain array"),
    "field_twice": (npy("'<f4', 'descr': '<f4'", "(1,)", b"abcd"), "not that of a plain array"),
    "fields_mixed_up": (npy("False", "(1,)", b"abcd", "'<f4'"), "mixes up"),
    "header_length": (b"\x93NUMPY\2\0\xff\xff\xff\x7f{}", "a header of 2147483647 bytes"),
    "header_cut": (b"\x93NUMPY\1\0\xff\x00{}", "cut short"),
    "version": (b"\x93NUMPY\4\0\1\0{}", "version"),
    "no_npy": (b"hello", "no .npy array"),
    "empty": (b"", "no .npy array"),
}


@pytest.mark.parametrize(("member", "why"), MEMBERS.values(), ids=MEMBERS)
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_refused(tmp_path: Path, member: bytes, why: str, compression: int) -> None:
    path = archive(tmp_path, npy("'<i2'", "(2,)", b"abcd"), member, compression=compression)
    with pytest.raises(FormatError, match=why) as error:
        open_file(path)
    assert str(path) in str(error.value)
    assert "b.npy" in str(error.value)


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "f.npz", a=np.array([_Trap()], dtype=object))
    with pytest.raises(FormatError, match="could only be unpickled"):
        open_file(tmp_path / "f.npz")


def test_bfloat16_saved_by_numpy(tmp_path: Path) -> None:
    np.savez(tmp_path / "f.npz", a=np.ones(2, ml_dtypes.bfloat16))
    with pytest.raises(FormatError, match="forgets the name of bfloat16"):
        open_file(tmp_path / "f.npz")


GOOD = npy("'<i2'", "(2,)", b"abcd")
NAMES = {
    "no_suffix": (("a.txt",), "no .npy array, so"),
    "folder": (("a/",), "no .npy array, so"),
    "nul": (("a\0b.npy",), "NUL"),
    "leaf_and_folder": (("a.npy", "a/b.npy"), "also the folder"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("names", "why"), [*NAMES.values(), (("a.npy", "a.npy"), "twice")], ids=[*NAMES, "twice"]
)
def test_names_refused(tmp_path: Path, names: tuple[str, ...], why: str) -> None:
    path = archive(tmp_path, GOOD, GOOD, names=tuple(name.replace("\0", "@") for name in names))
    path.write_bytes(path.read_bytes().replace(b"@", b"\0"))
    with pytest.raises(FormatError, match=why):
        open_file(path)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "x" * 10_000, "C:/a"])
def test_names_are_only_names(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path, GOOD, names=(f"{name}.npy",))
    with open_file(path, "/") as store:
        assert [array.path for array in store.arrays] == [tuple(name.split("/"))]


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions(tmp_path: Path, compression: int) -> None:
    with pytest.raises(FormatError, match="none that NumPy uses"):
        open_file(archive(tmp_path, GOOD, compression=compression))


def _patched(path: Path, at: int, data: bytes) -> Path:
    """Overwrites bytes of the first entry of the directory."""
    content = bytearray(path.read_bytes())
    start = content.index(b"PK\1\2") + at
    content[start : start + len(data)] = data
    path.write_bytes(content)
    return path


def test_encrypted(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="encrypted"):
        open_file(_patched(archive(tmp_path, GOOD), 8, b"\1"))


def test_claimed_size_of_a_bomb(tmp_path: Path) -> None:
    path = archive(tmp_path, GOOD, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(FormatError, match="cannot unpack to 4026531840"):
        open_file(_patched(path, 24, b"\0\0\0\xf0"))


def test_overlapping_members(tmp_path: Path) -> None:
    path = archive(tmp_path, GOOD, GOOD)
    content = bytearray(path.read_bytes())
    second = content.rindex(b"PK\1\2")
    content[second + 42 : second + 46] = bytes(4)
    path.write_bytes(content)
    with pytest.raises(FormatError, match="overlaps"):
        open_file(path)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("save", SAVE.values(), ids=SAVE)
def test_a_wrong_checksum_is_found(tmp_path: Path, save: Callable[..., Any], turned: bool) -> None:
    array = np.ones((3, 4000))
    save(tmp_path / "f.npz", a=array.T if turned else array)
    with (
        open_file(_patched(tmp_path / "f.npz", 16, b"oops")) as store,
        pytest.raises(FormatError, match="CRC"),
    ):
        list(store.read(store.arrays[0], 16))


def test_a_wrong_checksum_of_a_small_array_is_found_at_once(tmp_path: Path) -> None:
    np.savez(tmp_path / "f.npz", a=np.ones(3))
    with pytest.raises(FormatError, match="CRC"):
        open_file(_patched(tmp_path / "f.npz", 16, b"oops"))


def test_two_arrays_at_once(tmp_path: Path) -> None:
    arrays = {"a": np.arange(50), "b": np.arange(50, 100), "c": np.arange(20).reshape(4, 5).T}
    np.savez_compressed(tmp_path / "f.npz", **arrays)
    with open_file(tmp_path / "f.npz") as store:
        streams = [store.read(array, 24) for array in store.arrays]
        found: list[list[np.ndarray]] = [[] for _ in streams]
        for _ in range(20):
            for stream, pieces in zip(streams, found, strict=True):
                pieces.extend(piece for piece in [next(stream, None)] if piece is not None)
    for array, pieces in zip(arrays.values(), found, strict=True):
        assert np.array_equal(np.concatenate(pieces), array.reshape(-1))


def test_empty_archive(tmp_path: Path) -> None:
    np.savez(tmp_path / "f.npz")
    with open_file(tmp_path / "f.npz") as store:
        assert store.arrays == ()


def test_not_a_file_object(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.ones(3))
    (tmp_path / "f").write_bytes(buffer.getvalue())
    with pytest.raises(FormatError, match="a single"):
        open_file(tmp_path / "f")
