"""Partials at the top of a file that give a class some fields: `ResNet18 = partial(ResNet, stage_sizes=[2, 2])`."""

from collections.abc import Mapping

import jax
import numpy as np
import pytest

from .check import codes, listed, load, migrate_project, refusals, texts

MODELS = """\
from functools import partial

import jax.numpy as jnp
from flax import linen as nn


class Net(nn.Module):
    widths: tuple
    classes: int = 2

    @nn.compact
    def __call__(self, x):
        for width in self.widths:
            x = nn.tanh(nn.Dense(width)(x))
        return nn.Dense(self.classes)(x)


Small = partial(Net, widths=(4,))
Large = partial(Net, widths=(8, 6))
"""
SCRIPT = """

def f(key, x):
    model = Large(classes=5)
    variables = model.init(key, x)
    return model.apply(variables, x)


def g(key, x):
    model = Small()
    variables = model.init(key, x)
    run = lambda v: model.apply(v, x)
    return run(variables), run(jax.tree.map(jnp.zeros_like, variables))
"""


def migrated(files: Mapping[str, str]) -> dict[str, str]:
    result = migrate_project(files)
    assert not [d for file in result.files for d in refusals(file)], [listed(f) for f in result.files]
    return texts(result)


def test_a_partial_is_called_as_the_class_is() -> None:
    after = migrated({"m.py": "import jax\n" + MODELS + SCRIPT})["m.py"]
    assert "Small = partial(Net, widths=(4,))\nLarge = partial(Net, widths=(8, 6))\n" in after
    assert "    model = Large(x.shape[-1], classes=5, rngs=nnx.Rngs(key))\n    return model(x)\n" in after
    assert "    graphdef, variables = nnx.split(Small(x.shape[-1], rngs=nnx.Rngs(key)))\n" in after


@pytest.mark.parametrize(
    ("imported", "called"),
    [
        ("from m import Large", "Large"),
        ("from m import Large as Net18", "Net18"),
        ("import m", "m.Large"),
        ("from pkg import m as models", "models.Large"),
    ],
)
def test_in_another_file(imported: str, called: str) -> None:
    script = f"import jax\n{imported}\n{SCRIPT.partition('def g')[0].replace('Large', called)}"
    home = "pkg/m.py" if "pkg" in imported else "m.py"
    after = migrated({home: MODELS, "train.py": script})["train.py"]
    assert f"    model = {called}(x.shape[-1], classes=5, rngs=nnx.Rngs(key))\n" in after


def test_computes_the_same() -> None:
    before = "import jax\n" + MODELS + SCRIPT
    linen, new = load(before), load(migrated({"m.py": before})["m.py"])
    key, x = jax.random.key(0), jax.random.normal(jax.random.key(1), (3, 4))
    assert new.f(key, x).shape == linen.f(key, x).shape == (3, 5)
    (random, zero), (theirs, none) = new.g(key, x), linen.g(key, x)
    assert random.shape == theirs.shape
    assert np.any(random)
    np.testing.assert_array_equal(zero, none)
    model = new.Small(4, classes=3, rngs=new.nnx.Rngs(0))
    stored = new.nnx.to_pure_dict(new.nnx.state(model))
    params = {"Dense_0": stored["dense"][0], "Dense_1": stored["dense_1"]}
    np.testing.assert_array_equal(model(x), linen.Small(classes=3).apply({"params": params}, x))


KEPT = {
    "handed on": MODELS + "\n\nMODELS = {'large': Large}\n",
    "bound again": MODELS + "Large = partial(Net, widths=(2,))\n\n\ndef f(key, x):\n    return Large().init(key, x)\n",
    "a partial of it": MODELS + "Larger = partial(Large, classes=100)\n",
    "a Linen module around": MODELS + "\n\ndef f(key, x):\n    model = Large()\n    return model, model.init(key, x)\n",
    "in another file, handed on": MODELS,
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_refused(name: str) -> None:
    files = {"m.py": KEPT[name]}
    if name.startswith("in another file"):
        files["registry.py"] = "import m\n\nMODELS = [m.Large, m.Small]\n"
    result = migrate_project(files)
    assert codes(result.files) == {"MN301"}
    assert texts(result) == files
