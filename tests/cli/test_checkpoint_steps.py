"""Steps and items of a run on the command line, and what `--inspect` and `--check` say, also as JSON."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import orbax.checkpoint as ocp
import pytest
from migrate_norm.cli.migrate_checkpoint import main

from ..checkpoint.disk import as_bytes

STEPS = (2, 10, 9)


def variables(step: int) -> dict[str, Any]:
    rng = np.random.default_rng(step)
    return {"params": {"w": rng.normal(size=(40, 50)), "b": np.full(3, step, np.float32)}}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three steps, each with the items `default` and `ema`; the latter is that of the step before."""
    path = tmp_path_factory.mktemp("run") / "run"
    for step in STEPS:
        for item, shift in (("default", 0), ("ema", 100)):
            with ocp.StandardCheckpointer() as checkpointer:
                checkpointer.save(path / str(step) / item, variables(step + shift))
    return path


def value(path: Path) -> float:
    found = as_bytes(path)
    assert found["['w']['value']"][2] == variables(int(_b(found)))["params"]["w"].tobytes()
    return _b(found)


def _b(found: dict[str, Any]) -> float:
    return float(np.frombuffer(found["['b']['value']"][2], np.float32)[0])


ASKED = {
    "the latest": ([], 10),
    "a step": (["--step", "2"], 2),
    "an item": (["--item", "ema"], 110),
    "an item of a step": (["--step", "9", "--item", "ema"], 109),
}


@pytest.mark.parametrize(("options", "wanted"), ASKED.values(), ids=ASKED)
def test_one_step(
    options: list[str], wanted: int, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(run), str(tmp_path / "nnx"), *options]) == 0
    assert value(tmp_path / "nnx") == wanted
    assert f"steps: {wanted % 100}\n" in capsys.readouterr().out
    assert main(["--inspect", str(run), "--json", *options]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["path"] == str(run / str(wanted % 100) / ("ema" if wanted > 100 else "default"))
    assert (said["kind"], said["steps"], said["texts"]) == ("orbax", sorted(STEPS), [])
    assert said["leaves"] == [
        {"path": ["params", "b"], "shape": [3], "dtype": "float32", "bytes": 12},
        {"path": ["params", "w"], "shape": [40, 50], "dtype": "float64", "bytes": 16000},
    ]


@pytest.mark.parametrize("item", ["default", "ema"])
def test_all_steps(item: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shift = 100 if item == "ema" else 0
    assert main([str(run), str(tmp_path / "nnx"), "--all-steps", "--item", item]) == 0
    assert "steps: 2, 9, 10\n" in capsys.readouterr().out
    assert {int(path.name) for path in (tmp_path / "nnx").iterdir()} == set(STEPS)
    for step in STEPS:
        assert value(tmp_path / "nnx" / str(step) / item) == step + shift
    assert main(["--check", str(tmp_path / "nnx")]) == 0
    assert capsys.readouterr().out.count("2 leaves are as noted") == len(STEPS)
    with ocp.CheckpointManager(tmp_path / "nnx", item_names=(item,)) as manager:
        assert sorted(manager.all_steps()) == sorted(STEPS)
        wanted = {name: {"value": np.zeros_like(value)} for name, value in variables(0)["params"].items()}
        found = manager.restore(9, args=ocp.args.Composite(**{item: ocp.args.StandardRestore(wanted)}))[item]
        assert found["b"]["value"].tolist() == [9 + shift] * 3


WRONG = {
    "no such step": (["--step", "3"], "holds no step 3; its steps: 2, 9, 10"),
    "no such item": (["--item", "opt"], "holds the items default, ema: choose one with --item"),
    "both": (["--step", "2", "--all-steps"], "--step and --all-steps contradict each other"),
    "in one file": (["--all-steps", "--to", "safetensors"], "leave out --to"),
}


@pytest.mark.parametrize(("options", "said"), WRONG.values(), ids=WRONG)
def test_steps_that_are_not_there(
    options: list[str], said: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(run), str(tmp_path / "nnx"), *options]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def change_bit(folder: Path) -> None:
    file = max((p for p in folder.rglob("*") if p.is_file()), key=lambda path: path.stat().st_size)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize("to", ["orbax", "safetensors"])
def test_check_finds_a_bit_that_changed(
    to: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dst = tmp_path / "nnx"
    assert main([str(run), str(dst), "--step", "2", "--to", to]) == 0
    capsys.readouterr()
    assert main(["--check", str(dst), "--json"]) == 0
    sound = {"path": str(dst), "leaves": 2, "contents": True, "faults": []}
    assert json.loads(capsys.readouterr().out) == [sound]
    change_bit(tmp_path)
    assert main(["--check", str(dst)]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"{dst}: 1 of 2 leaves are not as noted"
    assert said[1].startswith("  w")
    assert main(["--check", str(dst), "--json"]) == 1
    (fault,) = json.loads(capsys.readouterr().out)[0]["faults"]
    assert said[1] == f"  {fault}"


def test_check_of_what_is_linked_says_what_it_looked_at(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(run), str(tmp_path / "nnx"), "--link"]) == 0
    capsys.readouterr()
    assert main(["--check", str(tmp_path / "nnx")]) == 0
    assert "names, shapes and places (linked: no contents)" in capsys.readouterr().out
    assert main(["--check", str(tmp_path / "nnx"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["contents"] is False


def test_inspect_prints_a_tree(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--inspect", str(run)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{run}/10/default: orbax, 2 leaves, 16.0 KB, steps 2, 9, 10",
        "  params/  16.0 KB",
        "    b  float32[3]  12 B",
        "    w  float64[40,50]  16.0 KB",
    ]
