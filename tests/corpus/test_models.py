"""Whole models from source to outputs: a small part of `make models`, and what its rows say."""

from typing import Any

import jax
import numpy as np
import pytest
from flax import nnx
from migrate_norm.equivalence import InputSpec

from .models import run
from .models.model import Model
from .models.table import MODELS
from .oracle import read
from .test_small import fetched

SMALL = [
    m for m in MODELS if m.package == "sbx-rl" and m.name in ("QNetwork", "VectorCritic", "SimbaVectorCritic")
]
SOURCE = b"""\
from flax import linen as nn
import unheard_of

class Net(nn.Module):
    @nn.compact
    def __call__(self, x, train=False):
        x = nn.Dense(4)(x)
        x = nn.BatchNorm(use_running_average=not train)(x)
        return nn.Dense(3)(nn.Dropout(0.2, deterministic=not train)(x))

class Local(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Inner()(x)

class Inner(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.ConvLocal(4, 3)(x)

class Far(nn.Module):
    @nn.compact
    def __call__(self, x):
        return unheard_of.f(nn.Dense(3)(x))
"""
_PROGRAM = read({"pkg/net.py": SOURCE})
_X = (InputSpec("float32", (2, 5)),)


@pytest.mark.corpus
@pytest.mark.parametrize("model", SMALL, ids=str)
def test_model(model: Model) -> None:
    row = run.measure(model, read(fetched(model.package)[1]))
    assert (row.verdict, bool(row.leaves)) == ("PROVED", True), row


def test_rows() -> None:
    found = {
        name: run.measure(Model("pkg", "net.py", name, {}, _X), _PROGRAM) for name in ("Net", "Local", "Far")
    }
    assert (found["Net"].verdict, found["Net"].leaves) == ("PROVED", 8)
    assert found["Local"].verdict == run.REFUSED
    assert found["Local"].detail.startswith("MN109 x1: Inner stays Linen")
    assert (found["Far"].verdict, found["Far"].detail) == (run.SKIPPED, "needs unheard_of")


def test_another_value_gives_other_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    convert = run.through_the_command

    def wrong(*given: Any) -> nnx.Module:
        model = convert(*given)
        state = nnx.state(model, nnx.BatchStat)
        nnx.update(model, jax.tree.map(lambda leaf: leaf + 1, state))
        return model

    monkeypatch.setattr(run, "through_the_command", wrong)
    assert run.measure(Model("pkg", "net.py", "Net", {}, _X), _PROGRAM).verdict == run.UNEQUAL


def test_no_two_leaves_have_the_same_values() -> None:
    shapes = {name: jax.ShapeDtypeStruct((3, 3), np.float32) for name in ("a", "b", "kernel_0", "kernel_1")}
    values = [leaf.tobytes() for leaf in jax.tree.leaves(run.random_values(shapes))]
    assert len(set(values)) == len(shapes)
