"""Whatever is wrong: an error that says so, no DST, nothing left beside it, SRC as it was."""

import itertools
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx, serialization
from migrate_norm.catalog.mapping import VariableMapping
from migrate_norm.catalog.pairing import PairingError
from migrate_norm.checkpoint import CheckpointError, ConversionError, convert_checkpoint, write_orbax
from migrate_norm.checkpoint.store import rekey
from migrate_norm.checkpoint.together import APART
from migrate_norm.equivalence import InputSpec, Report, compare_models

from .disk import contents, program, save
from .models import SIZE, LinenNet, NNXNet, build


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder for DST, which has to be empty again."""
    folder = tmp_path / "place"
    folder.mkdir()
    yield folder
    assert list(folder.iterdir()) == []


def changed(variables: Any, change: Callable[[Any], Any]) -> Any:
    """A copy of the variables after `change` was made to it."""
    copy = jax.tree.map(lambda leaf: leaf, variables)
    change(copy)
    return copy


def head(variables: Any, **leaves: Any) -> None:
    variables["params"]["head"].update(leaves)


def rename(params: Any) -> None:
    params["tail"] = params.pop("head")


LONELY_NNX = "NNX leaves without a Linen leaf (1):\n  "
LONELY_LINEN = "Linen leaves without an NNX leaf (1):\n  "
SHARED = "several leaves (1):\n  Linen batch_stats: BatchNorm_0/mean float32[3]; cache: BatchNorm_0/mean"
FAULTS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "missing": (lambda v: v["params"]["head"].pop("bias"), LONELY_NNX + "params: head/bias float32[3]"),
    "missing collection": (lambda v: v.pop("tally"), LONELY_NNX + "tally: seen int32[]"),
    "extra": (lambda v: v["params"].update(more=jnp.ones(2)), LONELY_LINEN + "params: more float32[2]"),
    "renamed": (lambda v: rename(v["params"]), "did you mean params: head/kernel"),
    "transposed": (lambda v: head(v, kernel=jnp.ones((3, SIZE))), "shape (3, 4) is not (4, 3)"),
    "another rank": (lambda v: head(v, bias=jnp.ones((1, 3))), "shape (1, 3) is not (3,)"),
    "wrong dtype": (lambda v: head(v, bias=jnp.ones(3, jnp.bfloat16)), "dtype bfloat16 is not float32"),
    "64 bits": (lambda v: head(v, bias=np.ones(3)), "dtype float64 is not float32"),
    "wrong collection": (
        lambda v: v.update(cache=v.pop("batch_stats")),
        "collection cache is not batch_stats",
    ),
    "two collections with one path": (
        lambda v: v.update(cache={"BatchNorm_0": {"mean": jnp.ones(3)}}),
        SHARED,
    ),
}


@pytest.mark.parametrize(("change", "said"), FAULTS.values(), ids=FAULTS)
def test_leaves_that_do_not_fit_the_model(
    change: Callable[[Any], Any], said: str, variables: Any, place: Path, tmp_path: Path
) -> None:
    src = save(tmp_path / "src", changed(variables, change))
    before = contents(src)
    with pytest.raises(PairingError) as caught:
        convert_checkpoint(src, place / "nnx", model=build)
    assert said in str(caught.value)
    assert contents(src) == before


def test_two_collections_with_one_path_without_a_model(tmp_path: Path, place: Path) -> None:
    src = save(
        tmp_path / "src", {"params": {"bn": {"mean": jnp.ones(2)}}, "cache": {"bn": {"mean": jnp.ones(2)}}}
    )
    with pytest.raises(ConversionError, match=r"two leaves have the path bn\.mean\.value"):
        convert_checkpoint(src, place / "nnx")


def test_a_train_state_without_params(tmp_path: Path, place: Path) -> None:
    src = save(
        tmp_path / "src", {"batch_stats": {"w": jnp.ones(2)}, "opt_state": [{"w": jnp.ones(2)}], "step": 3}
    )
    with pytest.raises(ConversionError, match="like a train state without params"):
        convert_checkpoint(src, place / "nnx")


SWAP = tuple(
    VariableMapping("batch_stats", ("BatchNorm_0", name), ("batch_norm_0", other), "flax.nnx.BatchStat")
    for name, other in (("mean", "var"), ("var", "mean"))
)


def test_mean_and_variance_swapped_is_seen_by_verification(saved: Path, place: Path, tmp_path: Path) -> None:
    def verify(variables: Mapping[str, Any], model: nnx.Module) -> Report:
        return compare_models(LinenNet(), variables, model, [InputSpec("float32", (2, SIZE))], mapping=SWAP)

    assert convert_checkpoint(saved, tmp_path / "unverified", model=build, mapping=SWAP).written
    with pytest.raises(ConversionError, match="does not compute what the Linen model computes\nDIFFERENT"):
        convert_checkpoint(saved, place / "nnx", model=build, mapping=SWAP, verify=verify)


def test_verification_that_fails_itself(saved: Path, place: Path) -> None:
    def verify(variables: Mapping[str, Any], model: nnx.Module) -> Report:
        raise RuntimeError(f"{len(variables)} collections of {type(model).__name__}")

    with pytest.raises(RuntimeError, match="3 collections of NNXNet"):
        convert_checkpoint(saved, place / "nnx", model=build, verify=verify)


def test_verification_needs_a_model(saved: Path, place: Path) -> None:
    with pytest.raises(ValueError, match="verify needs model"):
        convert_checkpoint(saved, place / "nnx", verify=lambda *_: None)


@pytest.mark.parametrize("pair", APART, ids=" and ".join)
def test_options_that_contradict_each_other(pair: tuple[str, str], saved: Path, place: Path) -> None:
    values = {"verify": lambda *_: None, "step": 3}
    given = {name: value.strip("'") for name, _, value in (option.partition("=") for option in pair) if value}
    given |= {name: values.get(name, True) for name in pair if "=" not in name}
    with pytest.raises(ValueError, match=f"^{pair[0]} and {pair[1]} contradict each other: "):
        convert_checkpoint(saved, place / "nnx", model=build, **given)


def test_a_model_that_cannot_be_built(saved: Path, place: Path) -> None:
    with pytest.raises(ConversionError, match="the NNX model cannot be built: ZeroDivisionError"):
        convert_checkpoint(saved, place / "nnx", model=lambda: 1 // 0)


class Grown(NNXNet):
    """Another model each time it is built, which no caller should write."""

    count = itertools.count()

    def __init__(self) -> None:
        super().__init__(SIZE, rngs=nnx.Rngs(0))
        if next(self.count):
            self.more = nnx.Param(jnp.ones(1))


def test_a_model_that_cannot_take_its_checkpoint_back(saved: Path, place: Path) -> None:
    with pytest.raises(ConversionError, match="what was written cannot be restored into the NNX model"):
        convert_checkpoint(saved, place / "nnx", model=Grown, verify=lambda *_: pytest.fail("no model"))


def test_an_unknown_layout(saved: Path, place: Path) -> None:
    with pytest.raises(ValueError, match="'flat' is not a valid Layout"):
        convert_checkpoint(saved, place / "nnx", layout="flat")


def test_a_decoded_value_that_changes_on_the_way(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    src = tmp_path / "src"
    src.write_bytes(serialization.to_bytes({"params": {"w": np.arange(4.0), "v": np.ones(3)}}))
    honest = write_orbax.encoded

    def encoded(meta: Any, name: str, pieces: Any) -> Iterator[tuple[str, bytes]]:
        for key, value in honest(meta, name, pieces):
            yield key, value[:-1] + b"\x01" if key.startswith("w.value/0") else value

    monkeypatch.setattr(write_orbax, "encoded", encoded)
    with pytest.raises(CheckpointError, match=r"not what was read, in w\.value; nothing is kept"):
        convert_checkpoint(src, place / "nnx")


def test_a_chunk_under_the_wrong_name(saved: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = rekey.enter

    def enter(draft: Path, wanted: dict[str, Any], donors: Any) -> None:
        one, two = sorted(key for key in wanted if "dense.0.kernel" in key or "dense.1.kernel" in key)[1::2]
        honest(draft, {**wanted, one: wanted[two], two: wanted[one]}, donors)

    monkeypatch.setattr(rekey, "enter", enter)
    with pytest.raises(CheckpointError, match=r"not what was read, in dense\.0\.kernel\.value/0\.0"):
        convert_checkpoint(saved, place / "nnx", model=build)


def test_a_target_that_appears_meanwhile_is_not_overwritten(saved: Path, place: Path) -> None:
    def verify(*_: Any) -> Any:
        (place / "nnx").mkdir()
        return type("Equal", (), {"equal": True})

    with pytest.raises(CheckpointError, match="has appeared meanwhile"):
        convert_checkpoint(saved, place / "nnx", model=build, verify=verify)
    (place / "nnx").rmdir()


@pytest.mark.parametrize("kind", ["checkpoint", "empty folder", "file", "dangling link"])
def test_an_existing_target_is_never_overwritten(kind: str, saved: Path, tmp_path: Path) -> None:
    dst = tmp_path / "dst"
    if kind == "checkpoint":
        shutil.copytree(saved, dst)
    elif kind == "empty folder":
        dst.mkdir()
    elif kind == "file":
        dst.write_text("mine")
    else:
        dst.symlink_to("nowhere")
    before = contents(tmp_path) if kind != "dangling link" else {}
    with pytest.raises(CheckpointError, match="never overwritten"):
        convert_checkpoint(saved, dst)
    assert kind == "dangling link" or contents(tmp_path) == before


def test_source_and_target_are_the_same(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(saved.parent)
    for dst in (saved, saved.parent / "." / saved.name, tmp_path / "link" / saved.name):
        with pytest.raises(CheckpointError, match="SRC and DST are both"):
            convert_checkpoint(saved, dst)


def test_target_inside_source(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(saved)
    for dst in (saved / "nnx", saved / "d" / "nnx", tmp_path / "link" / "nnx"):
        with pytest.raises(CheckpointError, match="is inside SRC"):
            convert_checkpoint(saved, dst)


def test_target_without_a_folder(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no folder to be in"):
        convert_checkpoint(saved, tmp_path / "missing" / "nnx")
    with pytest.raises(CheckpointError, match="File name too long"):
        convert_checkpoint(saved, tmp_path / ("x" * 300))


def test_what_may_not_be_read_is_one_clear_error(tmp_path: Path) -> None:
    large = np.random.default_rng(0).normal(
        size=(300, 300)
    )  # which is not in the tree of the database itself
    convert_checkpoint(save(tmp_path / "src", {"params": {"w": large}}), tmp_path / "dst")
    done = program("forbidden", tmp_path)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said.pop("left") == "[]"
    assert said.pop("no room").startswith("cannot write beside")
    assert len(said) == 16
    for case, error in said.items():
        assert error.startswith("cannot "), (case, error)
        assert "write the new checkpoint" not in error, (case, error)
        assert "permission" in error.lower(), (case, error)


def test_files_of_json_are_named_when_they_are_cut_short(saved: Path, tmp_path: Path, place: Path) -> None:
    for name in ("_METADATA", "_sharding", "array_metadatas/process_0"):
        src = shutil.copytree(saved, tmp_path / name.replace("/", " "))
        (src / name).write_bytes((src / name).read_bytes()[:30])
        with pytest.raises(CheckpointError, match=f"cannot read {src}: {Path(name).name} is no JSON: "):
            convert_checkpoint(src, place / "nnx")


def test_sources_that_are_no_checkpoint(place: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\x82\xa6params")
    (tmp_path / "empty").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    said = {
        "gone": "does not exist",
        "file": "cannot read .*file: .*byte 8",
        "empty": "holds no _METADATA",
        "loop": "does not exist|cannot look at",
    }
    for name, text in said.items():
        with pytest.raises(CheckpointError, match=f"(?i){text}"):
            convert_checkpoint(tmp_path / name, place / "nnx")
