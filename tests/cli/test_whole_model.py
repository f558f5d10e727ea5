"""A whole model through all three commands: source, proof, checkpoint; its automatic names depend on configuration."""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp
import pytest
from flax import nnx
from migrate_norm.cli import migrate_checkpoint, migrate_norm, migrate_verify

SOURCE = """
from flax import linen as nn


class Net(nn.Module):
    wide: bool = False

    @nn.compact
    def __call__(self, x, train):
        if self.wide:
            x = nn.relu(nn.Dense(8)(x))
        x = nn.Dense(6)(x)
        x = nn.BatchNorm(use_running_average=not train)(x)
        return x + nn.Dense(6)(nn.gelu(x))
"""


@pytest.fixture(autouse=True)
def _migrated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("whole_linen", "whole_nnx", "whole_nnx.whole_linen"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    Path("whole_linen.py").write_text(SOURCE)
    args = ["whole_linen.py", "--output", "whole_nnx", "--mapping", "mapping.json"]
    assert migrate_norm.main(args) == 0


CALL = ["--input", "f32[b=5,4]", "--mapping", "mapping.json"]


@pytest.mark.parametrize("wide", [False, True])
def test_proved_in_both_modes(wide: bool, capsys: pytest.CaptureFixture[str]) -> None:
    sides = [f"whole_linen:Net({wide})", f"whole_nnx.whole_linen:Net(4, {wide}, rngs=nnx.Rngs(0))"]
    assert migrate_verify.main([*sides, *CALL, "--each", "train=True,False", "--samples", "0"]) == 0
    assert capsys.readouterr().out.count("PROVED for every b") == 2


def test_the_mapping_is_needed_where_names_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    sides = ["whole_linen:Net()", "whole_nnx.whole_linen:Net(4, rngs=nnx.Rngs(0))"]
    assert migrate_verify.main([*sides, "--input", "f32[5,4]", "train=True"]) == 2
    assert "not the same leaves" in capsys.readouterr().err
    assert (
        migrate_verify.main([*sides, "--input", "f32[5,4]", "train=True", "--mapping", "missing.json"]) == 2
    )
    assert "--mapping missing.json: " in capsys.readouterr().err


@pytest.mark.parametrize("wide", [False, True])
def test_its_checkpoint(wide: bool, capsys: pytest.CaptureFixture[str]) -> None:
    from whole_linen import Net  # type: ignore[import-not-found]

    variables = Net(wide).init(jax.random.key(0), jnp.ones((5, 4)), train=False)
    variables = jax.tree.map(
        lambda leaf: leaf + np.random.default_rng(leaf.size).uniform(0.5, 1.0, leaf.shape).astype("f"),
        variables,
    )
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(Path("linen").absolute(), variables)
    model = f"whole_nnx.whole_linen:Net(4, {wide}, rngs=nnx.Rngs(0))"
    given = [
        "linen",
        "nnx",
        "--mapping",
        "mapping.json",
        "--nnx",
        model,
        "--linen",
        f"whole_linen:Net({wide})",
    ]
    assert migrate_checkpoint.main([*given, "--input", "f32[5,4]", "--input", "train=False"]) == 0
    assert "PROVED" in capsys.readouterr().out
    from whole_nnx.whole_linen import Net as Twin  # type: ignore[import-not-found]

    twin = Twin(4, wide, rngs=nnx.Rngs(0))
    with ocp.StandardCheckpointer() as checkpointer:
        nnx.update(twin, checkpointer.restore(Path("nnx").absolute(), nnx.state(twin)))
    x = jnp.asarray(np.random.default_rng(0).normal(size=(5, 4)), jnp.float32)
    np.testing.assert_array_equal(twin(x, train=False), Net(wide).apply(variables, x, train=False))


def test_a_model_is_needed_to_count_the_names(capsys: pytest.CaptureFixture[str]) -> None:
    from whole_linen import Net

    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(
            Path("linen").absolute(), Net().init(jax.random.key(0), jnp.ones((5, 4)), train=False)
        )
    assert migrate_checkpoint.main(["linen", "nnx", "--mapping", "mapping.json"]) == 1
    assert "depend on its configuration: give the NNX model (--nnx)" in capsys.readouterr().err
    assert not Path("nnx").exists()
