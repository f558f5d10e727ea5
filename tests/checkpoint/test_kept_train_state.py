"""A TrainState that migrate-norm leaves goes on from a converted one, as `migrate-checkpoint --help` says."""

import re
import textwrap
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import orbax.checkpoint as ocp
from flax import nnx
from migrate_norm.checkpoint import convert_checkpoint
from migrate_norm.cli._checkpoint_help import EPILOG

from ..codemod.check import load, migrate
from .disk import save

SOURCE = """\
import jax
import jax.numpy as jnp
import optax
from flax import linen as nn
from flax.training.train_state import TrainState


class Net(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(nn.relu(nn.Dense(self.width)(x)))


def create(key):
    net = Net(5)
    params = net.init(key, jnp.ones((1, 64)))["params"]
    tx = optax.MultiSteps(optax.chain(optax.clip(0.5), optax.adamw(optax.linear_schedule(0.1, 0.01, 9))), 2)
    return TrainState.create(apply_fn=net.apply, params=params, tx=tx)


@jax.jit
def step(state, x):
    def loss_fn(params):
        return (state.apply_fn({"params": params}, x) ** 2).sum()

    loss, grads = jax.value_and_grad(loss_fn)(state.params)
    return state.apply_gradients(grads=grads), loss
"""


def _trained(module: Any, state: Any, rounds: range) -> tuple[Any, list[float]]:
    losses = []
    for k in rounds:
        state, loss = module.step(state, jax.random.normal(jax.random.key(k), (3, 64)))
        losses.append(float(loss))
    return state, losses


def _how_to_restore() -> list[str]:
    _, _, text = EPILOG.partition("\nand of a train state\n")
    found = re.findall(r"(?:^  .*\n)+", text.partition("--link:")[0], re.MULTILINE)
    return [textwrap.dedent(block) for block in found]


def test_training_goes_on_where_linen_left_off(tmp_path: Path) -> None:
    text, _, mapping = migrate(SOURCE)
    linen, twin = load(SOURCE), load(text)
    state, _ = _trained(linen, linen.create(jax.random.key(0)), range(3))
    src = save(tmp_path / "linen", state)
    found = mapping.find("layer.Net")
    assert found is not None
    convert_checkpoint(src, tmp_path / "nnx", mapping=found)

    train_state = twin.create(jax.random.key(1))
    model = twin.Net(64, 5, rngs=nnx.Rngs(1))
    names = {"ocp": ocp, "nnx": nnx, "jax": jax, "path": tmp_path / "nnx", "tx": train_state.tx}
    names |= {"model": model, "state": nnx.state(model), "train_state": train_state}
    for block in _how_to_restore():
        exec(block, names)
    assert "opt_state=" in block
    expected, losses = _trained(linen, state, range(3, 8))
    went_on, again = _trained(twin, names["train_state"], range(3, 8))
    assert losses == again
    assert jnp.array_equal(expected.params["Dense_1"]["kernel"], went_on.params["dense_1"]["kernel"])
    assert int(went_on.step) == 8
