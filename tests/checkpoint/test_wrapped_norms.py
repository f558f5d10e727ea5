"""WeightNorm and SpectralNorm: their own leaves are named by a path, with slashes, inside one key."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp
import pytest
from flax import linen as nn
from flax import nnx
from migrate_norm.catalog.mapping import VariableMapping
from migrate_norm.catalog.pairing import PairingError
from migrate_norm.checkpoint import check_checkpoint, convert_checkpoint
from migrate_norm.layers.nnx import SpectralNorm, WeightNorm

from .disk import as_bytes, save
from .sources import SOURCES


class Linen(nn.Module):
    @nn.compact
    def __call__(self, x: jax.Array, train: bool = False) -> jax.Array:
        x = nn.WeightNorm(nn.Dense(4))(x)
        return nn.SpectralNorm(nn.Dense(3))(x, update_stats=train)


class NNX(nnx.Module):
    def __init__(self) -> None:
        rngs = nnx.Rngs(0)
        self.weight_norm_0 = WeightNorm(nnx.Linear(5, 4, rngs=rngs), rngs=rngs)
        self.spectral_norm_0 = SpectralNorm(nnx.Linear(4, 3, rngs=rngs), rngs=rngs)

    def __call__(self, x: jax.Array, train: bool = False) -> jax.Array:
        return self.spectral_norm_0(self.weight_norm_0(x), update_stats=train)


def rule(collection: str, linen: tuple[str, ...], target: tuple[str, ...]) -> VariableMapping:
    return VariableMapping(collection, linen, target, "")


STATS = ("spectral_norm_0", "batch_stats")
RULES = (
    *(
        rule("params", (dense, leaf), (norm, "layer_instance", leaf))
        for dense, norm in (("Dense_0", "weight_norm_0"), ("Dense_1", "spectral_norm_0"))
        for leaf in ("kernel", "bias")
    ),
    rule("params", ("WeightNorm_0", "Dense_0/kernel/scale"), ("weight_norm_0", "scales", "kernel/scale")),
    rule("batch_stats", ("SpectralNorm_0", "Dense_1/kernel/u"), (*STATS, "kernel/u")),
    rule("batch_stats", ("SpectralNorm_0", "Dense_1/kernel/sigma"), (*STATS, "kernel/sigma")),
)


def variables() -> Any:
    rng = np.random.default_rng(4)
    shapes = jax.eval_shape(Linen().init, jax.random.key(0), jnp.ones((2, 5)))
    return jax.tree.map(lambda leaf: rng.uniform(0.1, 1.0, leaf.shape).astype(np.float32), shapes)


FORMS = ("StandardCheckpointer", "a folder for each array", "zarr3", "msgpack", "safetensors with dots")


@pytest.mark.parametrize("form", FORMS)
def test_slashed_keys_go_where_the_rules_say(form: str, tmp_path: Path) -> None:
    tree = variables()
    src = SOURCES[form](tmp_path / "src", tree)
    done = convert_checkpoint(src, tmp_path / "nnx", model=NNX, mapping=RULES)
    assert len(done.moves) == 7
    assert not check_checkpoint(tmp_path / "nnx")[0].faults
    model = NNX()
    nnx.update(model, ocp.StandardCheckpointer().restore(tmp_path / "nnx", nnx.state(model)))
    x = jax.random.normal(jax.random.key(1), (6, 5))
    expected, updated = Linen().apply(tree, x, train=True, mutable=["batch_stats"])
    np.testing.assert_allclose(model(x, train=True), expected, rtol=1e-6, atol=1e-6)
    for name, value in updated["batch_stats"]["SpectralNorm_0"].items():
        ours = model.spectral_norm_0.batch_stats[name.removeprefix("Dense_1/")]
        np.testing.assert_allclose(ours, value, rtol=1e-6)
    convert_checkpoint(tmp_path / "nnx", tmp_path / "back", reverse=True)
    assert as_bytes(tmp_path / "back") == as_bytes(save(tmp_path / "linen", tree))


def test_without_rules_nothing_is_guessed(tmp_path: Path) -> None:
    src = save(tmp_path / "src", variables())
    with pytest.raises(PairingError, match=r"Linen leaves without an NNX leaf \(7\)"):
        convert_checkpoint(src, tmp_path / "nnx", model=NNX)
    assert not (tmp_path / "nnx").exists()
