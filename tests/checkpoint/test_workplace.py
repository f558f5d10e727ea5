"""One folder per target beside it: taken over when a killed run left it, respected while a run is alive."""

import fcntl
from pathlib import Path

import pytest
from migrate_norm.checkpoint import CheckpointError
from migrate_norm.checkpoint.workplace import publish, workplace


def place_of(target: Path) -> Path:
    return target.parent / f".{target.name}.migrate-norm"


def test_a_draft_appears_by_publishing(tmp_path: Path) -> None:
    with workplace(tmp_path / "dst") as draft:
        draft.mkdir()
        (draft / "data").write_text("x")
        assert not (tmp_path / "dst").exists()
        publish(draft, tmp_path / "dst")
    assert [path.name for path in tmp_path.iterdir()] == ["dst"]
    assert (tmp_path / "dst" / "data").read_text() == "x"


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError])
def test_nothing_is_left_after_a_failure(stop: type[BaseException], tmp_path: Path) -> None:
    def fail() -> None:
        with workplace(tmp_path / "dst") as draft:
            draft.mkdir()
            (draft.parent / "checkpoint.orbax-checkpoint-tmp").mkdir()
            raise stop

    with pytest.raises(stop):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    left = place_of(tmp_path / "dst")
    (left / "checkpoint.orbax-checkpoint-tmp" / "d").mkdir(parents=True)
    (left / "lock").touch()
    with workplace(tmp_path / "dst") as draft:
        assert [path.name for path in draft.parent.iterdir()] == ["lock"]
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_alive_is_left_alone(tmp_path: Path) -> None:
    left = place_of(tmp_path / "dst")
    (left / "checkpoint").mkdir(parents=True)
    with (left / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(CheckpointError, match="another run"), workplace(tmp_path / "dst"):
            pass
        assert sorted(path.name for path in left.iterdir()) == ["checkpoint", "lock"]


def test_two_targets_do_not_meet(tmp_path: Path) -> None:
    with workplace(tmp_path / "a") as one, workplace(tmp_path / "b") as other:
        assert one != other


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    left = place_of(tmp_path / "dst")
    left.mkdir()
    (left / "thesis.tex").write_text("mine")
    with pytest.raises(CheckpointError, match=r"thesis\.tex"), workplace(tmp_path / "dst"):
        pass
    assert (left / "thesis.tex").read_text() == "mine"


def test_a_file_in_its_place(tmp_path: Path) -> None:
    place_of(tmp_path / "dst").write_text("mine")
    with pytest.raises(CheckpointError, match="cannot write beside"), workplace(tmp_path / "dst"):
        pass
    assert place_of(tmp_path / "dst").read_text() == "mine"


def test_publishing_never_replaces(tmp_path: Path) -> None:
    (tmp_path / "dst").mkdir()
    (tmp_path / "draft").mkdir()
    with pytest.raises(CheckpointError, match="not overwritten"):
        publish(tmp_path / "draft", tmp_path / "dst")
