"""A few of the random faults of `tests.checkpoint.faults`; that program runs thousands."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from migrate_norm.checkpoint import CheckpointError, convert_checkpoint
from migrate_norm.checkpoint.store import rekey

from . import faults
from .disk import contents, save

RUNS: dict[str, tuple[Callable[[Path, int, int], Counter[str]], int]] = {
    "bits that flip": (faults.flips, 60),
    "files cut short": (faults.cuts, 30),
    "kills": (faults.kills, 6),
    "full disks": (faults.full_disks, 6),
}


@pytest.mark.parametrize(("run", "count"), RUNS.values(), ids=RUNS)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_faults(run: Callable[[Path, int, int], Counter[str]], count: int, tmp_path: Path) -> None:
    found = run(tmp_path, count, 1)
    assert sum(found.values()) == count
    assert not [end for end in found if end.startswith(faults.WRONG) and found[end]], found


@pytest.mark.parametrize("form", ["_METADATA", "ocdbt.process_0", "new file"])
def test_a_source_that_is_written_to_meanwhile(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    src = save(tmp_path / "src", {"params": {"w": np.random.default_rng(0).normal(size=(500, 500))}})
    honest = rekey.place

    def place(source: Path, *others: Any) -> None:
        honest(source, *others)
        file = src / form if form != "ocdbt.process_0" else next((src / form / "d").iterdir())
        file.write_bytes((file.read_bytes() if file.exists() else b"") + b" ")

    monkeypatch.setattr(rekey, "place", place)
    (tmp_path / "place").mkdir()
    with pytest.raises(CheckpointError, match=r"was written to while it was read|not what was read"):
        convert_checkpoint(src, tmp_path / "place" / "dst")
    assert list((tmp_path / "place").iterdir()) == []


def test_a_target_that_cannot_be_written(tmp_path: Path) -> None:
    src = save(tmp_path / "src", {"params": {"w": np.ones(3)}})
    before = contents(src)
    with pytest.raises(CheckpointError, match="cannot write beside"):
        convert_checkpoint(src, "/proc/dst")  # where even root cannot make a folder
    assert contents(src) == before


def test_links_across_file_systems_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    src = save(tmp_path / "src", {"params": {"w": np.random.default_rng(0).normal(size=(500, 500))}})

    def link(*_: Any, **__: Any) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr("os.link", link)
    with pytest.raises(
        CheckpointError, match=r"^cannot write .*Invalid cross-device link; leave out --link to copy it"
    ):
        convert_checkpoint(src, tmp_path / "dst", placement="link")
    assert [path.name for path in tmp_path.iterdir()] == ["src"]


def test_a_kernel_that_can_neither_clone_nor_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = np.random.default_rng(0).normal(size=(500, 500))
    src = save(tmp_path / "src", {"params": {"w": data}})

    def fail(*_: Any) -> int:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("os.copy_file_range", fail)
    monkeypatch.setattr("fcntl.ioctl", fail)
    convert_checkpoint(src, tmp_path / "dst", compare_values=True)
    assert faults.values(tmp_path / "dst")[("w", "value")][2] == data.tobytes()


def test_links_share_their_data_and_survive_the_source(tmp_path: Path) -> None:
    import shutil

    data = np.random.default_rng(0).normal(size=(500, 500))
    src = save(tmp_path / "src", {"params": {"w": data}})
    convert_checkpoint(src, tmp_path / "dst", placement="link")
    inodes = {path.stat().st_ino for path in src.rglob("*") if path.stat().st_size > 1 << 20}
    assert inodes
    assert inodes <= {path.stat().st_ino for path in (tmp_path / "dst").rglob("*")}
    shutil.rmtree(src)
    assert faults.values(tmp_path / "dst")[("w", "value")][2] == data.tobytes()


def test_copies_share_nothing(tmp_path: Path) -> None:
    src = save(tmp_path / "src", {"params": {"w": np.random.default_rng(0).normal(size=(500, 500))}})
    convert_checkpoint(src, tmp_path / "dst")
    files = [{path.stat().st_ino for path in folder.rglob("*")} for folder in (src, tmp_path / "dst")]
    assert not files[0] & files[1]
