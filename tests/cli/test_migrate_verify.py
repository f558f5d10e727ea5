"""The command from end to end, in this process: exit codes, what is printed, what is written."""

import json
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import orbax.checkpoint as ocp
import pytest
from flax import linen as nn
from migrate_norm.cli.migrate_verify import main

SLOW = "flax.nnx:BatchNorm(3, momentum=0.9, rngs=Rngs(0))"
LINEN, NNX = "flax.linen:Dense(5)", "flax.nnx:Linear(3, 5, rngs=Rngs(0))"
SHAPE = ["--input", "f32[2,3]"]
TRAIN = [*SHAPE, "--kwarg", "use_running_average=False"]


@pytest.fixture(autouse=True)
def _own_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)


def test_proved_is_0_and_the_report_is_on_standard_output(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([LINEN, NNX, "--input", "f32[b,3]", "--json", "report.json"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("PROVED for every b and every value of inputs and leaves\n")
    assert err == ""
    data = json.loads((tmp_path / "report.json").read_text())
    assert (data["verdict"], data["proved"], data["proof"]["sizes"]) == ("PROVED", True, ["b"])


def test_equal_is_0_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([LINEN, NNX, *SHAPE, "--no-proof", "--samples", "1", "--steps", "1"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("EQUAL (bit-equal) on 1 random samples of 1 successive calls, seed 0\n")


def test_several_calls_in_one_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    modes = ["--each", "use_running_average=True,False", "--json", "report.json"]
    assert main(["flax.linen:BatchNorm()", SLOW, *SHAPE, *modes]) == 1
    out = capsys.readouterr().out
    assert "use_running_average=True: PROVED" in out
    assert "use_running_average=False: DIFFERENT" in out
    data = json.loads((tmp_path / "report.json").read_text())
    assert [call["verdict"] for call in data["calls"]] == ["PROVED", "DIFFERENT"]
    assert not data["equal"]


def test_several_methods_in_one_run(capsys: pytest.CaptureFixture[str]) -> None:
    embeds = ["flax.linen:Embed(5, 3)", "flax.nnx:Embed(5, 3, rngs=Rngs(0))"]
    assert main([*embeds, "--input", "f32[b,3]", "--method", "attend", "attend"]) == 0
    assert capsys.readouterr().out.count("attend: PROVED") == 2


def test_a_model_is_not_built_for_a_proof() -> None:
    """A kernel of 400 GB: only its shape is looked at."""
    huge = ["flax.linen:Dense(10**6)", "flax.nnx:Linear(10**5, 10**6, rngs=Rngs(0))"]
    assert main([*huge, "--input", f"f32[b,{10**5}]"]) == 0


def test_no_proof_and_no_samples_is_no_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flax.linen:BatchNorm()", SLOW, *TRAIN, "--samples", "0"]) == 2
    err = capsys.readouterr().err
    assert "not proved: first operations that are not the same (state batch_stats mean)" in err
    assert "0.99" in err
    assert "no samples were run: none were asked for" in err


def test_different_is_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flax.linen:BatchNorm()", SLOW, *TRAIN, "--seed", "7"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("DIFFERENT in sample 1, call 1 (2 random samples of 3 successive calls, seed 7)")
    assert "state batch_stats mean: max abs" in out


def test_gradients_can_be_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([LINEN, NNX, *SHAPE, "--no-gradients"]) == 0
    assert "gradients:" not in capsys.readouterr().out


def test_a_checkpoint_gives_the_first_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    variables = nn.Dense(5).init(jax.random.key(0), jnp.ones((2, 3)))
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(tmp_path / "good", variables)
        checkpointer.save(tmp_path / "nan", jax.tree.map(lambda x: x * jnp.nan, variables))
    assert main([LINEN, NNX, *SHAPE, "--checkpoint", "good", "--no-proof"]) == 0
    assert main([LINEN, NNX, *SHAPE, "--checkpoint", "nan", "--no-proof", "--samples", "1"]) == 2
    assert "nothing was compared" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nope_nope:X", NNX, *SHAPE], "importing nope_nope failed"),
        ([LINEN, "flax.nnx:Linear(3, 4, rngs=Rngs(0))", *SHAPE], "shape (5,) is not (4,)"),
        ([LINEN, NNX, "--input", "f32[b-1,3]"], "sizes are whole numbers or names"),
        ([LINEN, NNX, "--input", "f32[b=,3]"], "is no size"),
        ([LINEN, NNX, "--input", "f32[b=2,3]", "f32[b=3]"], "the size b is given as 2 and as 3"),
        ([LINEN, "flax.nnx:Linear(3, 5)", *SHAPE], "sizes, its fields and rngs=nnx.Rngs(0)"),
        ([LINEN, "nope_nope:X", *SHAPE], "importing nope_nope failed"),
        ([LINEN, NNX, *SHAPE, "--each", "train="], "write values with commas"),
        ([LINEN, NNX, *SHAPE, "train=True"], "unexpected keyword argument 'train'"),
        ([LINEN, NNX], "Dense.init failed: TypeError"),
        ([LINEN, NNX, *SHAPE, "--method", "nope"], "nope"),
        ([LINEN, NNX, *SHAPE, "--checkpoint", "missing"], "cannot read"),
        (
            [LINEN, NNX, *SHAPE, "--samples", "1", "--steps", "1", "--json", "no/such.json"],
            "there is no folder 'no'",
        ),
    ],
)
def test_no_answer_is_2_and_one_message(
    args: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(args) == 2
    err = capsys.readouterr().err
    assert err.startswith("migrate-verify: ")
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize("args", [[], [LINEN], [LINEN, NNX, "--steps", "0"], [LINEN, NNX, "--kwarg", "x"]])
def test_wrong_usage_is_2(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(args)
    assert caught.value.code == 2
    assert "usage: migrate-verify" in capsys.readouterr().err


def test_a_defect_is_not_taken_for_a_difference(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise AssertionError("oops")

    monkeypatch.setattr("migrate_norm.cli.migrate_verify._compare", fails)
    assert main(["a:b", "c:d", "--input", "f32[3]"]) == 2
    assert capsys.readouterr().err.startswith(
        "migrate-verify: internal error, please report it: AssertionError: oops"
    )


def test_help_teaches_and_names_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert all(
        part in out for part in ("f32[b,64]", "train=True", "exit codes", "DIFFERENT", "no answer", "PROVED")
    )
