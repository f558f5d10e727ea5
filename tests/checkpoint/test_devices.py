"""Checkpoints of several devices and several processes: renamed here, converted there, restored on one device."""

import socket
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp
import pytest
from flax import nnx
from migrate_norm.checkpoint import check_checkpoint, convert_checkpoint
from orbax.checkpoint import v1

from .shards import ROWS, values

ROOT = Path(__file__).parents[2]
MODEL = "tests.checkpoint.test_devices:Model"


class Model(nnx.Module):
    def __init__(self) -> None:
        self.dense_0 = nnx.Linear(ROWS, 64, use_bias=False, rngs=nnx.Rngs(0))
        self.dense_0.bias = nnx.Param(jnp.zeros(5))
        self.wide = nnx.Param(jnp.zeros((3, ROWS)))


def address() -> str:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        return f"localhost:{free.getsockname()[1]}"


def together(commands: list[list[str]]) -> list[str]:
    """Runs processes at the same time; returns what they said."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "cwd": ROOT}
    running = [subprocess.Popen(command, **pipes) for command in commands]
    said = [process.communicate(timeout=300)[0] for process in running]
    assert [process.returncode for process in running] == [0] * len(running), "\n".join(said)
    return said


def saved(path: Path, processes: int, devices: int) -> Path:
    where = address()
    program = [sys.executable, "-m", "tests.checkpoint.shards", str(path), str(devices)]
    together([[*program, f"{where},{processes},{i}"] if processes > 1 else program for i in range(processes)])
    return path


def check(model: Model) -> None:
    np.testing.assert_array_equal(model.dense_0.kernel, values()["kernel"])
    np.testing.assert_array_equal(model.dense_0.bias, values()["bias"])
    np.testing.assert_array_equal(model.wide, values()["wide"])


def restored(path: Path, how: str) -> Model:
    """By each of the ways that Orbax and Flax document, on the one device that is here."""
    model = Model()
    state = nnx.state(model)
    abstract = jax.tree.map(ocp.utils.to_shape_dtype_struct, state)
    if how == "StandardCheckpointer":
        found = ocp.StandardCheckpointer().restore(path, abstract)
    elif how == "PyTreeCheckpointer":
        args = ocp.checkpoint_utils.construct_restore_args(state)
        found = ocp.PyTreeCheckpointer().restore(path, item=state, restore_args=args)
    elif how == "partial":
        part = {"wide": abstract["wide"]}
        args = ocp.args.PyTreeRestore(
            item=part, restore_args=ocp.checkpoint_utils.construct_restore_args(part), partial_restore=True
        )
        nnx.update(model, ocp.PyTreeCheckpointer().restore(path, args=args))
        np.testing.assert_array_equal(model.wide, values()["wide"])
        found = ocp.StandardCheckpointer().restore(path, abstract)
    elif how == "v1":
        load = v1.load if hasattr(v1, "load") else v1.load_pytree  # its name until orbax 0.11
        found = load(path, abstract, checkpointable_name=None)
    else:
        args = jax.tree.map(lambda _: ocp.RestoreArgs(restore_type=np.ndarray), abstract)
        found = ocp.PyTreeCheckpointer().restore(path, item=abstract, restore_args=args)
    nnx.update(model, found)
    return model


WAYS = ("StandardCheckpointer", "PyTreeCheckpointer", "partial", "v1", "NumPy")


@pytest.fixture(scope="module", params=["8 devices", "2 processes"])
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shards") / "src"
    return saved(path, 1, 8) if request.param == "8 devices" else saved(path, 2, 2)


@pytest.mark.parametrize("placement", ["copy", "link"])
def test_shards_are_renamed_and_restored_on_one_device(source: Path, placement: str, tmp_path: Path) -> None:
    done = convert_checkpoint(source, tmp_path / "nnx", model=Model, placement=placement, compare_values=True)
    assert (done.renamed, done.decoded) == (3, 0)
    for how in WAYS:
        check(restored(tmp_path / "nnx", how))
    assert not check_checkpoint(tmp_path / "nnx")[0].faults
    convert_checkpoint(tmp_path / "nnx", tmp_path / "file", to="safetensors")
    convert_checkpoint(tmp_path / "nnx", tmp_path / "back", reverse=True)


def test_two_processes_convert_their_own_shards(source: Path, tmp_path: Path) -> None:
    where = address()
    code = f"""
import os
os.environ.update(XLA_FLAGS="--xla_force_host_platform_device_count=2", JAX_PLATFORMS="cpu")
from migrate_norm.cli.migrate_checkpoint import main
paths = [{str(source)!r}, {str(tmp_path / "nnx")!r}]
raise SystemExit(main([*paths, "--nnx", {MODEL!r}, "--distributed", "{where},2,%d"]))
"""
    said = together([[sys.executable, "-c", code % index] for index in range(2)])
    assert "converted 3 leaves" in said[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["nnx"]
    for how in WAYS:
        check(restored(tmp_path / "nnx", how))
    assert not check_checkpoint(tmp_path / "nnx")[0].faults
    assert len(list((tmp_path / "nnx").glob("ocdbt.process_*"))) == 2
    convert_checkpoint(tmp_path / "nnx", tmp_path / "back", reverse=True)
