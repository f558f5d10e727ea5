"""A whole train state: training continued in NNX follows the Linen continuation, and comes back to Linen."""

from pathlib import Path
from typing import Any

import jax
import numpy as np
import optax
import orbax.checkpoint as ocp
import pytest
from flax import nnx
from migrate_norm.catalog.pairing import PairingError
from migrate_norm.checkpoint import ConversionError, convert_checkpoint

from .disk import as_bytes, described, save
from .training import NNXModel, build, created, linen_step, nnx_step, optimizers, trained

OPTIMIZERS = optimizers()
every_optimizer = pytest.mark.parametrize("name", OPTIMIZERS)
PLAIN = nnx.Not(nnx.RngState)


def restored(path: Path, tx: optax.GradientTransformation, split: bool = False) -> tuple[NNXModel, Any]:
    """As the help shows it."""
    model = build()
    optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)
    target = {"model": nnx.state(model, PLAIN), "optimizer": nnx.state(optimizer)}
    with ocp.StandardCheckpointer() as checkpointer:
        if split:
            found = {name: checkpointer.restore(path / name, one) for name, one in target.items()}
        else:
            args = ocp.args.PyTreeRestore(
                item=target,
                restore_args=ocp.checkpoint_utils.construct_restore_args(target),
                partial_restore=True,
            )
            found = ocp.PyTreeCheckpointer().restore(path, args=args)
    nnx.update(model, found["model"])
    nnx.update(optimizer, found["optimizer"])
    return model, optimizer


@pytest.mark.parametrize(("name", "layout"), [*((name, "state") for name in OPTIMIZERS), ("chain", "split")])
def test_training_goes_on_step_for_step(name: str, layout: str, tmp_path: Path) -> None:
    tx = OPTIMIZERS[name]
    state = trained(tx)
    src = save(tmp_path / "linen", state)
    convert_checkpoint(src, tmp_path / "nnx", model=build, layout=layout)
    model, optimizer = restored(tmp_path / "nnx", tx, layout == "split")
    assert int(optimizer.step.get_value()) == 3
    for _ in range(4):
        state, ours = linen_step(state)
        theirs = nnx_step(model, optimizer)
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(state.params["Dense_1"]["kernel"], model.dense[1].kernel)
    np.testing.assert_array_equal(state.params["head"]["bias"], model.head.bias)
    np.testing.assert_array_equal(state.batch_stats["BatchNorm_0"]["var"], model.batch_norm_0.var)


@every_optimizer
def test_on_disk_as_if_the_optimizer_had_been_saved(name: str, tmp_path: Path) -> None:
    tx = OPTIMIZERS[name]
    src = save(tmp_path / "linen", trained(tx))
    convert_checkpoint(src, tmp_path / "nnx", model=build)
    model, optimizer = restored(tmp_path / "nnx", tx)
    tree = {"model": nnx.state(model), "optimizer": nnx.state(optimizer)}
    real, ours = described(save(tmp_path / "real", tree)), described(tmp_path / "nnx")
    mine = {
        k: v for k, v in ours["_METADATA"]["tree_metadata"].items() if k[2:].startswith(("model", "optim"))
    }
    assert mine == real["_METADATA"]["tree_metadata"]
    assert set(real["arrays"]) <= set(ours["arrays"])


@every_optimizer
def test_there_and_back_is_the_identity(name: str, tmp_path: Path) -> None:
    src = save(tmp_path / "linen", trained(OPTIMIZERS[name]))
    convert_checkpoint(src, tmp_path / "nnx", model=build)
    convert_checkpoint(tmp_path / "nnx", tmp_path / "back", reverse=True)
    assert as_bytes(tmp_path / "back") == as_bytes(src)
    ours, theirs = described(tmp_path / "back"), described(src)
    assert ours["_METADATA"] == theirs["_METADATA"]
    restored_state = ocp.StandardCheckpointer().restore(tmp_path / "back", created(OPTIMIZERS[name]))
    assert int(restored_state.step) == 3


def test_back_to_linen_after_training_in_nnx(tmp_path: Path) -> None:
    tx = OPTIMIZERS["adam"]
    state = trained(tx)
    src = save(tmp_path / "linen", state)
    convert_checkpoint(src, tmp_path / "nnx", model=build)
    model, optimizer = restored(tmp_path / "nnx", tx)
    for _ in range(2):
        nnx_step(model, optimizer)
        state, _ = linen_step(state)
    tree = {
        "model": nnx.state(model),
        "optimizer": nnx.state(optimizer),
        "ema_params": nnx.state(build(), nnx.Param),
        "dropout_key": jax.random.key(7),
    }
    save(tmp_path / "later", tree)
    with pytest.raises(ConversionError, match="give a checkpoint that has them with --like"):
        convert_checkpoint(tmp_path / "later", tmp_path / "back", reverse=True)
    convert_checkpoint(tmp_path / "later", tmp_path / "back", reverse=True, like=src, model=build)
    back = ocp.StandardCheckpointer().restore(tmp_path / "back", created(tx))
    assert int(back.step) == 5
    for ours, theirs in zip(jax.tree.leaves(back.params), jax.tree.leaves(state.params), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(jax.tree.leaves(back.opt_state), jax.tree.leaves(state.opt_state), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_what_is_not_the_models_stays(tmp_path: Path) -> None:
    state = trained(OPTIMIZERS["adam"])
    src = save(tmp_path / "linen", state)
    convert_checkpoint(src, tmp_path / "nnx", model=build)
    found, linen = as_bytes(tmp_path / "nnx"), as_bytes(src)
    assert (
        found["['ema_params']['dense']['1']['kernel']['value']"]
        == linen["['ema_params']['Dense_1']['kernel']"]
    )
    assert found["['dropout_key']"] == linen["['dropout_key']"]
    moment = "['opt_state'][0]['mu']['Dense_0']['kernel']"
    assert found["['optimizer']['opt_state']['0']['mu']['dense']['0']['kernel']['value']"] == linen[moment]


def test_weights_only(tmp_path: Path) -> None:
    src = save(tmp_path / "linen", trained(OPTIMIZERS["adam"]))
    done = convert_checkpoint(src, tmp_path / "nnx", model=build, weights_only=True)
    assert "not converted: dropout_key, ema_params, opt_state, step" in done.notes
    model = build()
    state = nnx.state(model, PLAIN)
    nnx.update(model, ocp.StandardCheckpointer().restore(tmp_path / "nnx", state))
    np.testing.assert_array_equal(model.head.bias, trained(OPTIMIZERS["adam"]).params["head"]["bias"])


def test_a_train_state_that_does_not_fit_the_model(tmp_path: Path) -> None:
    state = trained(OPTIMIZERS["adam"])
    del state.params["head"]["bias"]
    src = save(tmp_path / "linen", state)
    with pytest.raises(PairingError, match="head/bias"):
        convert_checkpoint(src, tmp_path / "nnx", model=build)


def test_a_step_that_is_no_count(tmp_path: Path) -> None:
    src = save(tmp_path / "linen", created(OPTIMIZERS["sgd"]).replace(step=-1))
    with pytest.raises(ConversionError, match=r"optimizer\.step\.value: \[-1\] of int64 is no uint32"):
        convert_checkpoint(src, tmp_path / "nnx", model=build)
    assert [path.name for path in tmp_path.iterdir()] == ["linen"]
