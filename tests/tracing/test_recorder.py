"""What is recorded of modules that setup keeps in a local list while it makes others."""

import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from migrate_norm.tracing.describe import describe
from migrate_norm.tracing.recorder import Recorder

_SOURCE = """\
from flax import linen as nn


class Inner(nn.Module):
    def setup(self):
        self.norm = nn.LayerNorm()
        self.dense = nn.Dense(4)

    def __call__(self, x):
        return self.dense(self.norm(x))


class Last(nn.Module):
    def setup(self):
        self.dense = nn.Dense(2)

    def __call__(self, x):
        return self.dense(x)


class Outer(nn.Module):
    def setup(self):
        layers = []
        for _ in range(2):
            layers.append(Inner())
        self.layers = layers
        self.last = Last()

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.last(x)
"""


def test_a_call_is_recorded_with_its_own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking at the locals of setup must not run the setup of what they hold, which makes modules in between."""
    path = tmp_path / "nets.py"
    path.write_text(_SOURCE)
    spec = spec_from_file_location("recorded_nets", path)
    assert spec is not None
    assert spec.loader is not None
    nets = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "recorded_nets", nets)
    spec.loader.exec_module(nets)
    recorder = Recorder({os.path.realpath(path)})
    with recorder.recording():
        jax.eval_shape(nets.Outer().init, jax.random.key(0), jnp.ones((3, 5)))
    kinds = [module["class"].rpartition(".")[2] for module in recorder.modules]
    called = [kinds[call["module"]] for call in recorder.calls]
    inner = ["Inner", "LayerNorm", "Dense"]
    assert called == ["Outer", *inner, *inner, "Last", "Dense"]
    above = [call["above"] for call in recorder.calls]
    assert above == [None, 0, 1, 1, 0, 4, 4, 0, 7]
    assert kinds.index("Last") < kinds.index("LayerNorm"), "a setup ran out of turn"


def test_a_type_has_no_shape() -> None:
    """`np.float64` has an attribute `shape`, which is that of its instances."""
    assert describe(np.float64) == {"other": "type"}
    assert describe(np.float64(1)) == {"shape": []}
