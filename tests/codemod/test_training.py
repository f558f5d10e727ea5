# ruff: noqa: E501
"""Statistics that are written where the caller makes them mutable: in NNX the mode of the module says so."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from migrate_norm.catalog.findings import Severity

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_transformed,
    codes,
    f32,
    load,
    migrate,
    migrate_project,
    name_of,
    refusals,
    texts,
)

IMPORTS = "from collections.abc import Callable\nfrom functools import partial\n\n"
BLOCK = """\
class Block(nn.Module):
    features: int
    norm_cls: Callable | None = partial(nn.BatchNorm, momentum=0.9)

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(self.features)(x)
        if self.norm_cls:
            mutable = self.is_mutable_collection("batch_stats")
            x = self.norm_cls(use_running_average=not mutable, name="norm")(x)
        return nn.relu(x)
"""
NNX_BLOCK = """\
class Block(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: int,
        norm_cls: Callable | None = partial(nnx.BatchNorm, momentum=0.9),
        *,
        rngs: nnx.Rngs,
    ):
        self.norm_cls = norm_cls
        self.dense_0 = nnx.Linear(in_features, features, rngs=rngs)
        if norm_cls:
            self.norm = norm_cls(features, rngs=rngs)

    def __call__(self, x):
        x = self.dense_0(x)
        if self.norm_cls:
            x = self.norm(x)
        return nnx.relu(x)
"""
NET = """\


class Net(nn.Module):
    depth: int = 2

    @nn.compact
    def __call__(self, x):
        for _ in range(self.depth):
            x = Block(5)(x)
        return nn.Dense(2)(nn.BatchNorm(use_running_average=not self.is_mutable_collection("batch_stats"))(x))
"""
SOURCE = IMPORTS + HEADER + BLOCK
LOCALS = (
    HEADER
    + """\
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        training = self.is_mutable_collection("batch_stats")
        frozen = not training
        norm = nn.BatchNorm(use_running_average=frozen)
        x = norm(x)
        for _ in range(2):
            x = nn.BatchNorm(use_running_average=not training, momentum=0.5)(nn.Dense(4)(x))
        return x
"""
)


def test_transformed() -> None:
    check_transformed(SOURCE, IMPORTS + NNX_HEADER + NNX_BLOCK)


def test_trains_as_under_mutable() -> None:
    net = Call("Net", (4,), {"depth": 2}, (f32(3, 4),))
    check_equivalent(SOURCE + NET, net, Call("Block", (4,), {"features": 2, "norm_cls": None}, (f32(3, 4),)))
    check_equivalent(LOCALS, Call("Net", (4,), {}, (f32(3, 4),)))


def test_evaluates_as_without_mutable() -> None:
    """`eval()` is an apply without `mutable`, and `train()` one that makes the statistics mutable."""
    text, file, _ = migrate(SOURCE + NET)
    linen, model = load(SOURCE + NET).Net(), load(text).Net(4, rngs=nnx.Rngs(0))
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.normal(size=(6, 4)), "float32")
    shapes = jax.eval_shape(linen.init, jax.random.key(0), x)
    variables = jax.tree.map(lambda leaf: jnp.asarray(rng.uniform(0.2, 1.0, leaf.shape), leaf.dtype), shapes)
    _fill(model, variables)
    model.eval()
    np.testing.assert_array_equal(model(x), linen.apply(variables, x))
    np.testing.assert_array_equal(
        model.block[1].norm.mean, variables["batch_stats"]["Block_1"]["norm"]["mean"]
    )
    model.train()
    expected, updates = linen.apply(variables, x, mutable=["batch_stats"])
    np.testing.assert_array_equal(model(x), expected)
    np.testing.assert_array_equal(model.block[1].norm.mean, updates["batch_stats"]["Block_1"]["norm"]["mean"])
    notes = [d for d in file.diagnostics if d.severity is Severity.NOTE]
    assert [d.code for d in notes] == ["MN206", "MN206"]
    assert all("eval()" in d.message for d in notes)


def _fill(model: Any, variables: Any) -> None:
    names = {"dense_0": "Dense_0", "batch_norm_0": "BatchNorm_0"}
    for path, variable in nnx.to_flat_state(nnx.state(model)):
        place = [f"Block_{path[1]}", *path[2:]] if path[0] == "block" else [*path]
        leaf = variables["batch_stats" if isinstance(variable, nnx.BatchStat) else "params"]
        for name in place:
            leaf = leaf[names.get(name, name)]
        variable[...] = leaf


def _block(old: str, new: str) -> str:
    assert old in BLOCK
    return SOURCE.replace(old, new)


_ASKED, _GIVEN = 'mutable = self.is_mutable_collection("batch_stats")', "use_running_average=not mutable"
REFUSED = (
    Refusal("another-collection", "MN206", _block('"batch_stats")', '"stats")')),
    Refusal("several-collections", "MN206", _block('("batch_stats")', '(["batch_stats", "x"])')),
    Refusal("the-other-way-round", "MN206", _block(_GIVEN, "use_running_average=mutable")),
    Refusal("twice-the-other-way-round", "MN206", _block(_GIVEN, "use_running_average=not (not mutable)")),
    Refusal("with-something-else", "MN206", _block(_GIVEN, "use_running_average=not (mutable and self.features > 2)")),
    Refusal("read-elsewhere", "MN206", _block("return nn.relu(x)", "return nn.relu(x) if mutable else x")),
    Refusal("read-for-dropout", "MN206", _block("return nn.relu(x)", "return nn.Dropout(0.1)(x, deterministic=not mutable)")),
    Refusal("bound-again", "MN206", _block(_ASKED, _ASKED + "\n            mutable = mutable or self.features > 2")),
    Refusal("on-a-condition", "MN206", _block(_ASKED, "mutable = True\n            if self.features > 2:\n                " + _ASKED)),
    Refusal("an-argument", "MN206", _block(_ASKED, _ASKED + " if self.features > 2 else False")),
    Refusal("the-partial-says-it-too", "MN206", _block("momentum=0.9", "momentum=0.9, use_running_average=True")),
    Refusal("a-partial-of-the-method", "MN206", _block(f"self.norm_cls({_GIVEN}, name=", f"partial(nn.BatchNorm, {_GIVEN})(name=")),
    Refusal("given-to-the-call", "MN206", _block(f'({_GIVEN}, name="norm")(x)', f'(name="norm")(x, {_GIVEN})')),
    Refusal("of-another-module", "MN101", _block("self.is_mutable", "nn.Dense(2).is_mutable")),
    Refusal("a-class-of-the-project", "MN103", IMPORTS + HEADER + 'class Norm(nn.Module):\n    use_running_average: bool\n\n    @nn.compact\n    def __call__(self, x):\n        return nn.BatchNorm(self.use_running_average)(x)\n\n\nclass Block(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return Norm(use_running_average=not self.is_mutable_collection("batch_stats"))(x)\n'),
    Refusal("behind-vmap", "MN206", SOURCE + '\n\nclass Many(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        many = nn.vmap(Block, in_axes=None, out_axes=0, axis_size=3, variable_axes={"params": 0, "batch_stats": 0}, split_rngs={"params": True})\n        return many(3)(x)\n'),
    Refusal("under-a-parent-that-stays", "MN302", SOURCE + '\n\nclass Old(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        seen = self.sow("intermediates", "x", x)\n        return Block(3)(x)\n'),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file)}, file.diagnostics
    assert "class Block(nn.Module)" in text or refusal.id == "behind-vmap"


SCRIPT = """\
import jax
import jax.numpy as jnp
from net import Block

x = jnp.ones((3, 4))
model = Block(3)
variables = model.init(jax.random.key(0), x)
"""


def test_sites() -> None:
    trains = SCRIPT + 'y, updates = model.apply(variables, x, mutable=["batch_stats"])\n'
    found = migrate_project({"net.py": SOURCE, "run.py": trains})
    assert not codes(found.files)
    assert "y = model(x)" in texts(found)["run.py"]


@pytest.mark.parametrize(
    "call", ["y = model.apply(variables, x)", 'y, _ = model.apply(variables, x, mutable=["cache"])']
)
def test_sites_that_evaluate(call: str) -> None:
    found = migrate_project({"net.py": SOURCE, "run.py": f"{SCRIPT}{call}\n"})
    assert "MN301" in codes(found.files)
    assert texts(found)["net.py"] == SOURCE
