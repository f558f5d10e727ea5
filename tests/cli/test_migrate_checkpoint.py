"""The converter's command line: what it says, its exit codes, and that it starts without JAX."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from flax import serialization
from migrate_norm.catalog.mapping import ClassMapping, Mapping, VariableMapping
from migrate_norm.checkpoint import write
from migrate_norm.cli.migrate_checkpoint import main
from safetensors.numpy import save_file

from ..checkpoint.disk import as_bytes, contents, save
from ..checkpoint.models import linen_variables

LINEN, NNX = "tests.checkpoint.models:LinenNet()", "tests.checkpoint.models:build"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("net") / "linen", linen_variables())


@pytest.fixture(scope="module")
def norm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree: dict[str, dict[str, object]] = {
        "params": {
            "RMSNorm_0": {"scale": jnp.arange(3.0)},
            "layers_10": {"kernel": {"value": jnp.ones((2, 3))}},
        },
        "batch_stats": {"mean": jnp.ones((), jnp.bfloat16)},
    }
    return save(tmp_path_factory.mktemp("norm") / "linen", tree)


def mapping_file(path: Path, *classes: ClassMapping) -> Path:
    path.write_text(Mapping(classes).dumps())
    return path


def norm_class(name: str = "models.Net") -> ClassMapping:
    variables = (
        VariableMapping("params", ("RMSNorm_0", "scale"), ("rms_norm_0", "scale"), "flax.nnx.Param"),
        VariableMapping("params", ("layers_{}", "kernel"), ("layers", "{}", "kernel"), "flax.nnx.Param"),
        VariableMapping("params", ("layers_{}", "bias"), ("layers", "{}", "bias"), "flax.nnx.Param"),
        VariableMapping("batch_stats", ("mean",), ("mean",), "flax.nnx.BatchStat"),
    )
    return ClassMapping(name, variables)


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)


def test_help_and_usage_errors_start_without_jax(norm: Path) -> None:
    done = python(f"""
import sys
from migrate_norm.cli.migrate_checkpoint import main
try:
    main(["--help"])
except SystemExit as stop:
    assert stop.code == 0
assert main(["{norm}", "{norm}"]) == 2
assert main(["{norm}", "nnx", "--linen", "m:Net()"]) == 2
assert main(["{norm}", "nnx", "--mapping", "missing.json"]) == 2
heavy = {{"jax", "flax", "orbax", "numpy", "rich", "tensorstore"}} & set(sys.modules)
assert not heavy, heavy
""")
    assert done.returncode == 0, done.stderr
    for word in ("--dry-run", "exit codes:", "nnx.Not(nnx.RngState)", "--input 'f32[8,64]'"):
        assert word in done.stdout
    assert "SRC and DST are both" in done.stderr


def test_dry_run_prints_the_table(norm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = mapping_file(tmp_path / "mapping.json", norm_class())
    dst = tmp_path / "nnx"
    assert main([str(norm), str(dst), "--mapping", str(rules), "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "collection   Linen leaf        NNX leaf          shape  dtype     what is done",
        "batch_stats  mean              mean              []     bfloat16  kept",
        "params       RMSNorm_0/scale   rms_norm_0/scale  [3]    float32   renamed",
        "params       layers_10/kernel  layers/10/kernel  [2,3]  float32   renamed, box opened",
        "",
        f"would convert 3 leaves (1 batch_stats, 2 params): {norm} -> {dst} (state)",
        "38 B: 3 leaves renamed as they are, 0 read and written",
        "note: read as nn.Partitioned boxes, whose axis names are not on disk: layers_10/kernel",
        "note: no NNX model was given: that the names and shapes are those of your model was not checked",
        "note: no leaf of SRC for these variables of the mapping: layers_{}/bias",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["mapping.json"]


def test_a_long_name_is_never_wrapped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "[red]" + "x" * 300
    src = save(tmp_path / "src", {"params": {name: jnp.ones(2)}})
    assert main([str(src), str(tmp_path / "nnx"), "--dry-run"]) == 0
    assert f"params      {name}  {name}  [2]    float32  kept" in capsys.readouterr().out.splitlines()


def test_json(norm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(norm), str(tmp_path / "nnx"), "--layout", "pure-dict", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["written"], said["layout"], said["equal"], said["verification"]) == (
        True,
        "pure-dict",
        None,
        None,
    )
    assert said["leaves"][1] == {
        "collection": "params",
        "linen": ["RMSNorm_0", "scale"],
        "nnx": ["RMSNorm_0", "scale"],
        "shape": [3],
        "dtype": "float32",
        "done": "kept",
    }
    assert sorted(as_bytes(tmp_path / "nnx")) == [
        "['RMSNorm_0']['scale']",
        "['layers_10']['kernel']",
        "['mean']",
    ]


def test_verified_conversion(net: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inputs = ["--input", "f32[3,4]", "--input", "train=True"]
    assert main([str(net), str(tmp_path / "nnx"), "--linen", LINEN, "--nnx", NNX, *inputs]) == 0
    said = capsys.readouterr().out
    assert "converted 29 leaves (2 batch_stats, 26 params, 1 tally)" in said
    assert "PROVED for every value of inputs and leaves" in said
    assert "values of the leaves: 29 compared, bit-equal" in said
    assert (tmp_path / "nnx" / "_METADATA").is_file()


SWAPPED = ClassMapping(
    "Net",
    tuple(
        VariableMapping("batch_stats", ("BatchNorm_0", one), ("batch_norm_0", other), "flax.nnx.BatchStat")
        for one, other in (("mean", "var"), ("var", "mean"))
    ),
)


def test_mean_and_variance_swapped(net: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, rules = contents(net), mapping_file(tmp_path / "mapping.json", SWAPPED)
    models = ["--linen", LINEN, "--nnx", NNX, "--input", "f32[3,4]"]
    assert main([str(net), str(tmp_path / "nnx"), "--mapping", str(rules), *models]) == 1
    said = capsys.readouterr()
    assert "does not compute what the Linen model computes" in said.err
    assert "DIFFERENT" in said.err
    assert "was not written" in said.err
    assert said.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["mapping.json"]
    assert contents(net) == before


def test_leaves_that_do_not_fit(norm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(norm), str(tmp_path / "nnx"), "--nnx", NNX]) == 1
    said = capsys.readouterr().err
    assert "Linen leaves without an NNX leaf (3):" in said
    assert "params: RMSNorm_0/scale float32[3]" in said
    assert "batch_stats: batch_norm_0/mean float32[3]" in said
    assert list(tmp_path.iterdir()) == []


def test_models_that_cannot_be_compared(
    net: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong_size = ["--linen", LINEN, "--nnx", NNX, "--input", "f32[3,5]"]
    assert main([str(net), str(tmp_path / "nnx"), *wrong_size]) == 1
    assert "was not written" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_classes_of_a_mapping(norm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = ClassMapping("models.Other", ())
    rules = str(mapping_file(tmp_path / "mapping.json", norm_class(), other))
    assert main([str(norm), str(tmp_path / "a"), "--mapping", rules]) == 2
    assert (
        "choose the model's class with --class; it holds models.Net, models.Other" in capsys.readouterr().err
    )
    assert main([str(norm), str(tmp_path / "a"), "--mapping", rules, "--class", "Missing"]) == 2
    assert "it has no class Missing; it holds models.Net, models.Other" in capsys.readouterr().err
    (tmp_path / "else.json").write_text("{}")
    assert main([str(norm), str(tmp_path / "a"), "--mapping", str(tmp_path / "else.json")]) == 2
    assert "else.json: not a migrate-norm mapping: it has no 'format'" in capsys.readouterr().err
    assert main([str(norm), str(tmp_path / "a"), "--mapping", rules, "--class", "Net"]) == 0
    twice = str(mapping_file(tmp_path / "twice.json", norm_class("a.Net"), norm_class("b.Net")))
    capsys.readouterr()
    assert main([str(norm), str(tmp_path / "b"), "--mapping", twice, "--class", "Net"]) == 2
    assert "'Net' is one of ['a.Net', 'b.Net']" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99}', '{"format": 1}', "\udcff"])
def test_files_that_are_no_mapping(
    text: str, norm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mapping.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert main([str(norm), str(tmp_path / "nnx"), "--mapping", str(tmp_path / "mapping.json")]) == 2
    assert f"--mapping {tmp_path / 'mapping.json'}: " in capsys.readouterr().err


WRONG = {
    "linen without nnx": (["--linen", LINEN, "--input", "f32[3,4]"], "--nnx, which is missing"),
    "linen without input": (["--linen", LINEN, "--nnx", NNX], "needs at least one --input"),
    "input without linen": (["--nnx", NNX, "--input", "f32[3]"], "--linen is missing"),
    "class without mapping": (["--class", "Net"], "--mapping, which is missing"),
    "linen in a dry run": (
        ["--linen", LINEN, "--nnx", NNX, "--input", "f32[3,4]", "--dry-run"],
        "--dry-run writes nothing",
    ),
    "no such module": (["--nnx", "tests.no_such:Net()"], "importing tests.no_such failed"),
    "no such name": (["--nnx", "tests.checkpoint.models:Nut()"], "NameError"),
    "no expression": (["--nnx", "tests.checkpoint.models"], "a module, a colon and an expression"),
    "not an nnx model": (["--nnx", "tests.checkpoint.models:SIZE"], "is a int, neither an nnx.Module"),
    "not a Linen module": (
        ["--linen", "tests.checkpoint.models:SIZE", "--nnx", NNX, "--input", "f32[3]"],
        "not a flax.linen.Module",
    ),
    "no input": (["--linen", LINEN, "--nnx", NNX, "--input", "f32(3)"], "neither an array"),
}


@pytest.mark.parametrize(("options", "said"), WRONG.values(), ids=WRONG)
def test_wrong_usage(
    options: list[str], said: str, norm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(norm), str(tmp_path / "nnx"), *options]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_cannot_be_built(norm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(norm), str(tmp_path / "nnx"), "--nnx", "tests.checkpoint.models:NNXNet"]) == 1
    assert "the NNX model cannot be built: TypeError" in capsys.readouterr().err


def test_interrupted(
    norm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(write, "check_written", interrupt)
    assert main([str(norm), str(tmp_path / "nnx")]) == 130
    assert capsys.readouterr().err == f"migrate-checkpoint: interrupted; {tmp_path / 'nnx'} was not written\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (AssertionError("oops"), "internal error, please report it: AssertionError: oops (test_migrate_checkpoint.py:"),
        (OSError("standard output cannot be written"), "standard output cannot be written"),
    ],
)  # fmt: skip
def test_what_fails_otherwise_is_not_taken_for_a_refusal(
    error: Exception,
    said: str,
    norm: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr("migrate_norm.cli._checkpoint_tree.tree", fails)
    assert main(["--inspect", str(norm)]) == 2
    assert capsys.readouterr().err.startswith(f"migrate-checkpoint: {said}")


def test_interrupted_as_a_command_it_ends_at_once() -> None:
    """JAX that is half imported would end in a segmentation fault, whose exit code says nothing."""
    code = (
        "import atexit, sys\nfrom migrate_norm.cli import migrate_checkpoint as command\n"
        "def interrupt(_): raise KeyboardInterrupt\n"
        "command._run = interrupt\natexit.register(print, 'torn down')\n"
        "sys.argv[1:] = ['src', 'dst']\nraise SystemExit(command.main())"
    )
    done = python(code)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "migrate-checkpoint: interrupted; dst was not written\n"


def test_a_damaged_source_is_one_line(net: Path, tmp_path: Path) -> None:
    src = tmp_path / "src"
    src.mkdir()
    for path in (path for path in net.rglob("*") if path.is_file() and path.parent.name != "d"):
        (src / path.relative_to(net)).parent.mkdir(exist_ok=True)
        (src / path.relative_to(net)).write_bytes(path.read_bytes())
    code = f"""
from migrate_norm.cli.migrate_checkpoint import main
from safetensors.numpy import save_file
raise SystemExit(main([{str(src)!r}, {str(tmp_path / "nnx")!r}]))
"""
    done = python(code)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith(f"migrate-checkpoint: cannot read {src}: ")


def test_names_that_either_sign_could_split(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    src, dst = tmp_path / "src.safetensors", tmp_path / "nnx"
    save_file({"a.b/kernel": np.arange(3.0), "a.b/bias": np.ones(3)}, src)
    for command in ([str(src), str(dst)], ["--inspect", str(src)]):
        assert main(command) == 2
        assert "on the command line --separator" in capsys.readouterr().err
    assert main(["--inspect", str(src), "--separator", "/"]) == 0
    assert "a.b/  48 B" in capsys.readouterr().out
    assert main([str(src), str(dst), "--separator", "/", "--layout", "pure-dict"]) == 0
    assert sorted(as_bytes(dst)) == ["['a.b']['bias']", "['a.b']['kernel']"]
    like = ["--reverse", "--like", str(src), "--separator", "/", "--layout", "pure-dict"]
    assert main([str(dst), str(tmp_path / "back"), *like]) == 0
    assert sorted(as_bytes(tmp_path / "back")) == ["['a.b']['bias']", "['a.b']['kernel']"]


def test_a_separator_that_splits_nothing(
    norm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(norm), str(tmp_path / "nnx"), "--separator", "/"]) == 2
    assert "--separator splits the names of safetensors and npz" in capsys.readouterr().err
    (tmp_path / "tree").write_bytes(serialization.to_bytes({"params": {"a/b": np.ones(3)}}))
    for command in ([str(tmp_path / "tree"), str(tmp_path / "nnx")], ["--inspect", str(tmp_path / "tree")]):
        assert main([*command, "--separator", "/"]) == 2
        assert "is msgpack, a tree whose names nothing joins" in capsys.readouterr().err
    save_file({"a/b": np.ones(3)}, tmp_path / "src")
    assert main([str(tmp_path / "src"), str(tmp_path / "nnx"), "--separator", ""]) == 2
    assert "has to have one to eight characters" in capsys.readouterr().err


ODD = {
    "nothing to look at": (["--inspect", "missing"], "there is no such file or folder"),
    "nothing to check": (["--check", "missing"], "there is no such file or folder"),
    "no names": (["SRC", "DST", "--reverse", "--like", "missing"], "there is no such file or folder"),
    "no items": (["SRC", "DST", "--item", "state"], "is one checkpoint and holds no items: leave out --item"),
    "an empty SRC": (["", "DST"], "an empty path names no checkpoint"),
    "an empty DST": (["SRC", ""], "an empty path names no checkpoint"),
    "nothing to look at at all": (["--inspect", ""], "an empty path names no checkpoint"),
    "nothing to check at all": (["--check", ""], "an empty path names no checkpoint"),
    "a file of another": (["--check", __file__], "it was not written by migrate-checkpoint"),
    "no driver": (['{"driver": "nope"}', "DST"], "cannot reach"),
    "no bucket": (['{"driver": "s3"}', "DST"], "cannot reach"),
    "no JSON": (["{s3", "DST"], "is no TensorStore spec"),
    "no JSON for DST": (["SRC", '{"driver": }'], "is no TensorStore spec"),
    "no step": (["SRC", "DST", "--step", "5"], "holds no step 5; its steps: none"),
}


@pytest.mark.parametrize(("command", "said"), ODD.values(), ids=ODD)
def test_what_is_not_there(
    command: list[str], said: str, norm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = {"SRC": str(norm), "DST": str(tmp_path / "nnx")}
    assert main([places.get(word, word) for word in command]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_cluster_that_is_not_there(
    norm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def initialize(*_: object) -> None:
        raise ValueError("coordinator_address should be defined.")

    monkeypatch.setattr("jax.distributed.initialize", initialize)
    assert main([str(norm), str(tmp_path / "nnx"), "--distributed"]) == 2
    assert (
        "--distributed without HOST:PORT,N,I asks the cluster, and JAX knows none" in capsys.readouterr().err
    )
    assert main([str(norm), str(tmp_path / "nnx"), "--distributed", "here:1,2,0"]) == 2
    assert "--distributed here:1,2,0: the processes did not find each other" in capsys.readouterr().err
    assert main([str(norm), str(tmp_path / "nnx"), "--distributed", "here"]) == 2
    assert "--distributed here: write HOST:PORT,N,I" in capsys.readouterr().err


def test_a_file_has_nothing_to_link(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_file({"w": np.ones(3)}, tmp_path / "src")
    for more in ([], ["--dry-run"]):
        assert main([str(tmp_path / "src"), str(tmp_path / "nnx"), "--link", *more]) == 2
        assert "is safetensors, whose values are written anew: leave out --link" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["src"]


def test_a_file_is_not_converted_in_shards(tmp_path: Path) -> None:
    src, dst = tmp_path / "src.safetensors", tmp_path / "nnx"
    save_file({"w": np.ones(3)}, src)
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [str(src), str(dst), "--distributed", f"localhost:{port},1,0"]
    done = python(
        f"from migrate_norm.cli.migrate_checkpoint import main; raise SystemExit(main({command!r}))"
    )
    assert done.returncode == 2
    assert "is a file, which Orbax cannot read in shards: leave out --distributed" in done.stderr
    assert "Traceback" not in done.stderr
    assert not dst.exists()
