# ruff: noqa: E501
"""Migrated classes under parents that stay Linen: nothing changes for these, their variables' paths included."""

import warnings
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from .check import HEADER, Refusal, check_refused, codes, load, migrate, migrate_project, refusals, texts

CHILD = """class Block(nn.Module):
    features: int = 4

    @nn.compact
    def __call__(self, x, train=False):
        x = nn.Dense(self.features)(x)
        x = nn.BatchNorm(use_running_average=not train)(x)
        return nn.LayerNorm(name="norm")(x) * self.param("gain", nn.initializers.normal(), (self.features,))


"""
KEEP = '        seen = self.sow("intermediates", "x", x)\n'
"""What keeps a class Linen."""

_COMPACT = (
    "class Old(nn.Module):\n    f: int = 4\n\n    @nn.compact\n    def __call__(self, x, train=False):\n"
    + KEEP
)
_SETUP = "class Old(nn.Module):\n    f: int = 4\n\n    def setup(self):\n"
_CALL = "\n    def __call__(self, x, train=False):\n" + KEEP


def _compact(*lines: str) -> str:
    return _COMPACT + "".join(f"        {line}\n" for line in lines)


def _setup(setup: list[str], *call: str) -> str:
    return (
        _SETUP
        + "".join(f"        {line}\n" for line in setup)
        + _CALL
        + "".join(f"        {line}\n" for line in call)
    )


BRIDGED = {
    "called at once": _compact("x = Block(3)(x, train)", "return Block(features=self.f)(x, train=train)"),
    "named": _compact('return Block(3, name="first")(Block(4)(x, train))'),
    "in a loop, named": _compact(
        "for i in range(3):", '    x = Block(3, name=f"b{i}")(x, train)', "return x"
    ),
    "kept in a local": _compact("x = nn.Dense(self.f)(x)", "block = Block(3)", "return block(x, train)"),
    "on a condition": _compact("if self.f > 3:", "    x = Block(3)(x, train)", "return nn.Dense(2)(x)"),
    "beside a layer": _compact("y = nn.Dense(3)(x)", "x = Block(3)(x, train)", "return nn.Dense(3)(x) + y"),
    "twice": _setup(
        ["self.d = nn.Dense(4)", "self.b = Block(self.f)"], "return self.b(self.b(self.d(x), train), train)"
    ),
    "a list": _setup(
        ["self.d = nn.Dense(self.f)", "self.bs = [Block(self.f) for _ in range(2)]"],
        "x = self.d(x)",
        "for b in self.bs:",
        "    x = b(x, train)",
        "return x",
    ),
    "an attribute with a name": _setup(
        ["self.d = nn.Dense(5)", 'self.b = Block(3, name="other")'], "return self.b(self.d(x), train)"
    ),
}


@pytest.mark.parametrize("old", BRIDGED.values(), ids=BRIDGED)
def test_what_stays_computes_the_same_from_the_same_variables(old: str) -> None:
    _check_bridged(old, tree_mode=False)


@pytest.mark.parametrize("name", ["called at once", "twice"])
def test_what_stays_computes_the_same_in_tree_mode(name: str) -> None:
    _check_bridged(BRIDGED[name], tree_mode=True)


def _check_bridged(old: str, tree_mode: bool) -> None:
    before = HEADER + CHILD + old
    text, file, _ = migrate(before)
    assert "class Block(nnx.Module)" in text, refusals(file)
    assert "class Old(nn.Module)" in text
    assert "nnx.bridge.to_linen(Block, " in text
    assert codes([file]) == {"MN207"}
    assert {d.code for d in file.diagnostics} == {"MN207", "MN303"}
    with warnings.catch_warnings(), nnx.set_graph_mode(not tree_mode), nnx.set_graph_updates(not tree_mode):
        warnings.simplefilter("error")
        _check_same(load(before).Old(), load(text).Old())


def _check_same(one: Any, two: Any) -> None:
    x = jax.random.normal(jax.random.key(0), (5, 4)) * 3 + 1
    variables = _random(one.init(jax.random.key(1), x))
    assert jax.tree.map(jnp.shape, two.init(jax.random.key(1), x)) == jax.tree.map(jnp.shape, variables)
    variables.pop("intermediates", None)
    _equal(one.apply(variables, x), two.apply(variables, x))
    _equal(*(m.apply(variables, x, train=True, mutable=["batch_stats"]) for m in (one, two)))
    _equal(*(jax.grad(lambda v, m=m: (m.apply(v, x) ** 2).sum())(variables) for m in (one, two)))


def _random(variables: Any) -> Any:
    leaves, structure = jax.tree.flatten(variables)
    draw = np.random.default_rng(3)
    return jax.tree.unflatten(
        structure, [jnp.asarray(draw.uniform(0.5, 1.5, v.shape), v.dtype) for v in leaves]
    )


def _equal(one: Any, two: Any) -> None:
    assert jax.tree.structure(one) == jax.tree.structure(two)
    jax.tree.map(np.testing.assert_array_equal, one, two)


def test_automatic_names_of_linen_stay_where_a_parent_stays() -> None:
    text, *_ = migrate(HEADER + CHILD + BRIDGED["called at once"])
    assert "self.Dense_0 = nnx.Linear(in_features, features, rngs=rngs)" in text
    assert "self.BatchNorm_0 = nnx.BatchNorm(" in text
    assert 'nnx.bridge.to_linen(Block, x.shape[-1], 3, name="Block_0")(x, train)' in text
    assert 'nnx.bridge.to_linen(Block, x.shape[-1], features=self.f, name="Block_1")(x, train=train)' in text


def test_a_second_run_leaves_it_alone() -> None:
    _, file, _ = migrate(HEADER + CHILD + BRIDGED["twice"])
    again, second, _ = migrate(file.after.decode())
    assert again == file.after.decode()
    assert codes([second]) == {"MN207"}


def test_a_parent_in_another_file() -> None:
    result = migrate_project(
        {
            "pkg/__init__.py": "",
            "pkg/block.py": HEADER + CHILD,
            "pkg/old.py": HEADER.rstrip()
            + "\nfrom . import block\n\n\n"
            + BRIDGED["called at once"].replace("Block(", "block.Block("),
        }
    )
    found = texts(result)
    assert "class Block(nnx.Module)" in found["pkg/block.py"]
    assert 'nnx.bridge.to_linen(block.Block, x.shape[-1], 3, name="Block_0")' in found["pkg/old.py"]
    assert "from flax import nnx\n" in found["pkg/old.py"]


NOT_BRIDGED = {
    "automatic names in a loop": _compact("for _ in range(3):", "    x = Block(3)(x)", "return x"),
    "a size that nobody knows": _compact("return Block(3)(frobnicate(x))"),
    "more than called": _compact("b = Block(3)", "y = b(x)", "return y + b.variables['params']['gain'][0]"),
    "handed on": _compact("return jax.vmap(Block(3))(x)"),
    "in a function": _compact("def f(x):", "    return Block(3)(x)", "return f(x)"),
    "a name that depends": _compact("if self.f > 2:", "    x = Block(3)(x)", "return Block(3)(x)"),
    "skipped": "# migrate-norm: skip\n" + _compact("return Block(3)(x)"),
}


@pytest.mark.parametrize("old", NOT_BRIDGED.values(), ids=NOT_BRIDGED)
def test_what_cannot_be_bridged_stays_as_it_is(old: str) -> None:
    file = check_refused(HEADER + CHILD + old, "MN302")
    assert all("no bridge there" in d.message or "skip" in old for d in refusals(file) if d.code == "MN302")


_HOLDS = "class Block(nn.Module):\n    inner: nn.Module\n\n    @nn.compact\n    def __call__(self, x):\n        return self.inner(nn.Dense(3)(x))\n\n\n"
_MAKES = "class Block(nn.Module):\n    layer: type = nn.Dense\n\n    @nn.compact\n    def __call__(self, x):\n        return self.layer(3)(x)\n\n\n"


@pytest.mark.parametrize(
    ("child", "old"),
    [
        (_HOLDS, _compact("inner = nn.Dense(2)", "return Block(inner)(x)")),
        (_MAKES, _compact("return Block(nn.Dense)(x)")),
        (CHILD, _compact("return nn.remat(Block)(3)(x)")),
        (CHILD, "import functools\n\n\n" + _compact("b = functools.partial(Block, 3)", "return b()(x)")),
    ],
    ids=["module in a field", "factory in a field", "transform", "partial"],
)
def test_modules_and_factories_do_not_cross_a_bridge(child: str, old: str) -> None:
    text, file, _ = migrate(HEADER + child + old)
    assert "bridge" not in text
    assert codes([file]) & {"MN302", "MN105", "MN101"}, file.diagnostics
    assert "class Block(nn.Module)" in text


CHILDREN = (
    Refusal(
        "draws",
        "MN302",
        "class Block(nn.Module):\n    f: int\n\n    @nn.compact\n    def __call__(self, x):\n        x = nn.Dense(self.f)(x)\n        return nn.Dropout(0.5)(x, deterministic=True)\n\n\n",
    ),
    Refusal(
        "sharded",
        "MN302",
        "class Block(nn.Module):\n    f: int\n\n    @nn.compact\n    def __call__(self, x):\n        return nn.Dense(self.f, kernel_init=nn.with_partitioning(nn.initializers.ones, ('a', None)))(x)\n\n\n",
    ),
    Refusal(
        "names of a loop",
        "MN302",
        "class Block(nn.Module):\n    f: int\n\n    @nn.compact\n    def __call__(self, x):\n        for _ in range(2):\n            x = nn.Dense(self.f)(x)\n        return x\n\n\n",
    ),
    Refusal(
        "writes at init",
        "MN302",
        "class Block(nn.Module):\n    f: int\n\n    @nn.compact\n    def __call__(self, x):\n        m = self.variable('batch_stats', 'm', jnp.zeros, (4,))\n        m.value = x.mean(0)\n        return x - m.value\n\n\n",
    ),
)


@pytest.mark.parametrize("child", CHILDREN, ids=lambda c: c.id)
def test_children_that_a_bridge_would_change(child: Refusal) -> None:
    check_refused(HEADER + child.before + _compact("return Block(3)(x)"), child.code)


def test_a_file_with_its_own_nnx() -> None:
    check_refused(HEADER + "nnx = 3\n\n\n" + CHILD + _compact("return Block(3)(x)"), "MN208")


def test_without_a_bridge_left_a_class_with_one_stays() -> None:
    text = (
        HEADER
        + "from flax import nnx\n\n\nclass New(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nnx.bridge.to_linen(nnx.Linear, x.shape[-1], 3)(x)\n"
    )
    check_refused(text, "MN111")
