"""A folder as users have it: a model, the script that trains it and a test that calls both, all of one run."""

import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from .check import listed, migrate_project, refusals, texts

_MODEL = """\
from flax import linen as nn


class CNN(nn.Module):
    classes: int = 10

    @nn.compact
    def __call__(self, x):
        x = nn.relu(nn.Conv(4, (3, 3))(x))
        x = nn.avg_pool(x, (2, 2), strides=(2, 2))
        return nn.Dense(self.classes)(x.reshape((x.shape[0], -1)))


def create_model(config):
    return CNN(classes=config["classes"])
"""
_TRAIN = """\
import jax
import jax.numpy as jnp
import optax
from flax.training import train_state

import folder_model


def create_state(key, config):
    cnn = folder_model.create_model(config)
    params = cnn.init(key, jnp.ones([1, 8, 8, 1]))["params"]
    return train_state.TrainState.create(apply_fn=cnn.apply, params=params, tx=optax.sgd(0.1))


@jax.jit
def step(state, images, labels):
    def loss(params):
        logits = state.apply_fn({"params": params}, images)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    value, grads = jax.value_and_grad(loss)(state.params)
    return state.apply_gradients(grads=grads), value
"""
_TEST = """\
import jax
import jax.numpy as jnp
import numpy as np

import folder_model
import folder_train


def test_cnn():
    key = jax.random.key(0)
    images = jnp.ones((2, 8, 8, 3))
    output, variables = folder_model.CNN(classes=5).init_with_output(key, images)
    assert output.shape == (2, 5)
    return sum(np.prod(leaf.shape) for leaf in jax.tree_util.tree_leaves(variables["params"]))


def test_step():
    state = folder_train.create_state(jax.random.key(1), {"classes": 3})
    images, labels = jnp.linspace(-1, 1, 2 * 64).reshape(2, 8, 8, 1), jnp.array([2, 0])
    values = []
    for _ in range(3):
        state, value = folder_train.step(state, images, labels)
        values.append(value)
    return values
"""
_FILES = {"folder_model.py": _MODEL, "folder_train.py": _TRAIN, "folder_uses.py": _TEST}


def test_everything_is_migrated() -> None:
    result = migrate_project(_FILES)
    assert not [d for file in result.files for d in refusals(file)], [listed(f) for f in result.files]
    after = texts(result)
    assert not any("linen" in text or "create_model" in text for text in after.values())
    assert (
        "    model = folder_model.CNN(images.shape[-3:], classes=5, rngs=nnx.Rngs(key))\n"
        in after["folder_uses.py"]
    )
    assert "    output = model(images)\n" in after["folder_uses.py"]
    together = "".join(after["folder_uses.py"].split())  # a long line is broken
    assert "jax.tree_util.tree_leaves(nnx.state(model,nnx.Param))" in together


def test_its_own_test_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The count of parameters is Linen's, and training, of other random weights, gets on."""
    found = {}
    for name, files in {"linen": _FILES, "nnx": texts(migrate_project(_FILES))}.items():
        folder = tmp_path / name
        folder.mkdir()
        for path, text in files.items():
            (folder / path).write_text(text)
        with monkeypatch.context() as patch:
            patch.syspath_prepend(folder)
            for path in _FILES:
                patch.delitem(sys.modules, path[:-3], raising=False)
            import folder_uses  # type: ignore[import-not-found]

            found[name] = folder_uses.test_cnn(), folder_uses.test_step()
        for path in _FILES:
            del sys.modules[path[:-3]]
    (count, before), (counted, after) = found["linen"], found["nnx"]
    assert count == counted == 9 * 3 * 4 + 4 + 16 * 4 * 5 + 5
    assert all(np.isfinite(v) for v in jax.tree.leaves((before, after)))
    assert before[2] < before[0]
    assert after[2] < after[0]
