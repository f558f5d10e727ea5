"""Files on their way into a new checkpoint: cloned or copied, and their digests taken as they pass."""

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xxhash
from migrate_norm.checkpoint import CheckpointError, check_checkpoint, convert_checkpoint
from migrate_norm.checkpoint.digest import Chunks
from migrate_norm.checkpoint.records import Placement
from migrate_norm.checkpoint.store import place
from migrate_norm.checkpoint.store.values import Ref

from .disk import save
from .faults import values

DATA = np.random.default_rng(0).bytes(1000)


@pytest.fixture
def src(tmp_path: Path) -> Path:
    return save(tmp_path / "src", {"params": {"w": np.random.default_rng(0).normal(size=(500, 500))}})


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes were written by each call."""
    counts: list[int] = []
    honest = place._write

    def write(file: Any, data: memoryview) -> None:
        counts.append(len(data))
        honest(file, data)

    monkeypatch.setattr(place, "_write", write)
    return counts


def clone(new: int, request: int, old: int) -> int:
    """What FICLONE does, by copying."""
    assert request == place.FICLONE
    assert os.write(new, os.pread(old, 1 << 30, 0)) == os.fstat(old).st_size
    return 0


def test_what_the_file_system_clones_is_read_and_not_written(
    src: Path, tmp_path: Path, written: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    convert_checkpoint(src, tmp_path / "copied")
    assert sum(written) > 8 * 500 * 500 // 2
    written.clear()
    monkeypatch.setattr("fcntl.ioctl", clone)
    convert_checkpoint(src, tmp_path / "cloned", compare_values=True)
    assert written == []
    assert values(tmp_path / "cloned") == values(tmp_path / "copied")
    assert not check_checkpoint(tmp_path / "cloned")[0].faults


@pytest.mark.parametrize("code", sorted(place.CANNOT), ids=errno.errorcode.get)
def test_a_file_system_that_cannot_clone_gets_a_copy(
    code: int, tmp_path: Path, written: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("fcntl.ioctl", refuse)
    (tmp_path / "old").write_bytes(DATA)
    reports: list[int] = []
    place.place(tmp_path / "old", tmp_path / "d" / "new", Placement.COPY, reports.append, lambda _: None)
    assert (tmp_path / "d" / "new").read_bytes() == DATA
    assert sum(written) == sum(reports) == len(DATA)


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EDQUOT], ids=errno.errorcode.get)
def test_a_clone_that_fails_is_an_error(
    code: int, src: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("fcntl.ioctl", fail)
    with pytest.raises(CheckpointError, match=f"cannot write the new checkpoint: .*{os.strerror(code)}"):
        convert_checkpoint(src, tmp_path / "dst")
    assert [path.name for path in tmp_path.iterdir()] == ["src"]


def test_a_copy_that_went_wrong_on_the_way_to_the_disk_is_found(
    src: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Digests are of what was read in SRC, so they tell of every byte that came out otherwise."""
    honest = place._write

    def write(file: Any, data: memoryview) -> None:
        turned = bytearray(data)
        turned[len(data) // 2] ^= len(data) == place.PIECE  # of the one large file
        honest(file, memoryview(turned))

    monkeypatch.setattr(place, "_write", write)
    convert_checkpoint(src, tmp_path / "dst")
    (checked,) = check_checkpoint(tmp_path / "dst")
    assert checked.faults == ("w/value has another content than noted",)
    with pytest.raises(CheckpointError, match=r"not what was read, in w\.value|cannot read w\.value"):
        convert_checkpoint(src, tmp_path / "compared", compare_values=True)


@pytest.mark.parametrize("piece", [1, 7, 64, 1 << 20])
@pytest.mark.parametrize("seed", range(3))
def test_digests_on_the_way_are_those_of_the_values(
    piece: int, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values with and without gaps between them, over each other, empty, and up to the file's end."""
    monkeypatch.setattr(place, "PIECE", piece)
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, len(DATA), 30)
    refs = [Ref("f", int(start), int(rng.integers(0, len(DATA) - start + 1))) for start in starts]
    refs += [Ref("f", 0, len(DATA)), Ref("f", 3, 0), Ref("f", len(DATA), 0)]
    apart = [Ref("f", start, 37) for start in range(0, len(DATA) - 37, 45)]
    (tmp_path / "f").write_bytes(DATA)
    for chosen in (refs, apart, []):
        chunks = Chunks(tmp_path, contents=True)
        place.place(tmp_path / "f", tmp_path / "new", Placement.COPY, int, chunks.tap(chosen))
        (tmp_path / "new").unlink()
        wanted = {ref: xxhash.xxh3_128_digest(DATA[ref.offset : ref.offset + ref.length]) for ref in chosen}
        assert chunks._passed.items() <= wanted.items()
        assert chosen is not apart or chunks._passed == wanted
        assert {ref: chunks.of(ref) for ref in chosen} == wanted


def test_a_file_that_ends_before_its_value_has_no_digest(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(DATA)
    with pytest.raises(OSError, match="f ends before byte 1001"):
        Chunks(tmp_path, contents=True).of(Ref("f", 1, len(DATA)))
