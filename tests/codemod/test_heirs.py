# ruff: noqa: E501
"""Classes that hand on other defaults to the layer that they inherit from: the same above the layer of NNX."""

import jax
import jax.numpy as jnp
import pytest
from flax import linen as nn
from flax import nnx
from migrate_norm.codemod import migrate_files

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    migrate,
    name_of,
    refusals,
)

DENSE = '''\
class Dense(nn.Dense):
    """As another library starts it."""

    def __init__(self, *args, **kwargs):
        # a third
        kernel_init = nn.initializers.variance_scaling(1 / 3, "fan_in", "uniform")
        kwargs.update({"kernel_init": kernel_init})
        super().__init__(*args, **kwargs)
'''
NET = """\


class Net(nn.Module):
    width: int

    def setup(self):
        self.first = Dense(self.width)
        self.second = Dense(features=3, use_bias=False)

    def __call__(self, x):
        return self.second(nn.relu(self.first(x)))
"""
NNX_NET = """\


class Net(nnx.Module):
    def __init__(self, in_features: int, width: int, *, rngs: nnx.Rngs):
        self.first = Dense(in_features, width, rngs=rngs)
        self.second = Dense(width, 3, use_bias=False, rngs=rngs)

    def __call__(self, x):
        return self.second(nnx.relu(self.first(x)))
"""
BESIDE = """\
class Dense(nn.Dense):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, kernel_init=nn.initializers.zeros, **kwargs)


class Scale(nn.LayerNorm):
    def __init__(self, *args, **kwargs):
        kwargs.setdefault("use_bias", False)
        kwargs["epsilon"] = 1e-3
        super().__init__(*args, **kwargs)


class Both(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.LayerNorm()(nn.Dense(4)(Dense(5)(x)))
        x = Scale(use_bias=True)(Scale()(x))
        return Dense(3)(Scale(dtype=jnp.bfloat16)(x))
"""
NNX_BESIDE = """\
class Dense(nnx.Linear):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, kernel_init=nnx.initializers.zeros, **kwargs)


class Scale(nnx.LayerNorm):
    def __init__(self, *args, **kwargs):
        kwargs.setdefault("use_bias", False)
        kwargs["epsilon"] = 1e-3
        super().__init__(*args, **kwargs)


class Both(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.layer_norm_0 = nnx.LayerNorm(4, rngs=rngs)
        self.dense_0 = nnx.Linear(5, 4, rngs=rngs)
        self.dense_1 = Dense(in_features, 5, rngs=rngs)
        self.scale_0 = Scale(4, use_bias=True, rngs=rngs)
        self.scale_1 = Scale(4, rngs=rngs)
        self.dense_2 = Dense(4, 3, rngs=rngs)
        self.scale_2 = Scale(4, dtype=jnp.bfloat16, promote_dtype=lambda args, **_: args, rngs=rngs)

    def __call__(self, x):
        x = self.layer_norm_0(self.dense_0(self.dense_1(x)))
        x = self.scale_0(self.scale_1(x))
        return self.dense_2(self.scale_2(x))
"""
NNX_DENSE = DENSE.replace("nn.Dense", "nnx.Linear").replace("nn.init", "nnx.init")


@pytest.mark.parametrize(
    ("before", "after"), [(DENSE + NET, NNX_DENSE + NNX_NET), (BESIDE, NNX_BESIDE), (DENSE, NNX_DENSE)]
)
def test_transformed(before: str, after: str) -> None:
    check_transformed(HEADER + before, NNX_HEADER + after, line_length=100)


def test_across_files() -> None:
    files = {"layers.py": HEADER + DENSE, "net.py": HEADER + "from layers import Dense\n" + NET}
    result = migrate_files({path: text.encode() for path, text in files.items()})
    after = {file.path: file.after.decode() for file in result.files}
    assert after["layers.py"] == NNX_HEADER + NNX_DENSE
    assert "self.first = Dense(in_features, width, rngs=rngs)" in after["net.py"]


CALLS = (
    (DENSE + NET, Call("Net", (5,), {"width": 4}, (f32(2, 5),))),
    (BESIDE, Call("Both", (5,), {}, (f32(2, 5),))),
)


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
@pytest.mark.parametrize(("before", "call"), CALLS)
def test_computes_the_same(before: str, call: Call, graph: bool) -> None:
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        check_equivalent(HEADER + before, call)


def test_starts_as_it_did() -> None:
    zeros = HEADER + DENSE.replace('variance_scaling(1 / 3, "fan_in", "uniform")', "zeros")
    before, after = dict[str, type[nn.Module]](), dict[str, type[nnx.Module]]()
    exec(zeros, before)
    exec(migrate(zeros)[0], after)
    linen = before["Dense"](3).init(jax.random.key(0), jnp.ones((1, 5)))["params"]
    assert not linen["kernel"].any()
    assert not after["Dense"](5, 3, rngs=nnx.Rngs(0)).kernel[...].any()


def _changed(old: str, new: str) -> str:
    assert (DENSE + NET).count(old) == 1
    return HEADER + (DENSE + NET).replace(old, new)


_UPDATE, _LAST, _INIT = (
    'kwargs.update({"kernel_init": kernel_init})',
    "super().__init__(*args, **kwargs)",
    "def __init__(self, *args, **kwargs)",
)
REFUSED = (
    Refusal("a-caller-gives-it", "MN101", _changed("use_bias=False", "kernel_init=nn.initializers.zeros")),
    Refusal("asked-for", "MN101", _changed("class Net", "def is_ours(m):\n    return isinstance(m, Dense)\n\n\nclass Net")),
    Refusal("made-by-a-script", "MN101", _changed("class Net", "def made():\n    return Dense(3)\n\n\nclass Net")),
    Refusal("with-an-heir", "MN101", _changed("class Net", "class More(Dense):\n    pass\n\n\nclass Net")),
    Refusal("in-a-transform", "MN101", _changed("Dense(self.width)", "nn.remat(Dense)(self.width)")),
    Refusal("in-a-partial", "MN101", _changed("Dense(self.width)", "functools.partial(Dense, use_bias=False)(self.width)").replace("import jax\n", "import functools\nimport jax\n", 1)),
    Refusal("in-a-field", "MN101", _changed("Dense(self.width)", "self.kind(self.width)").replace("    width: int\n", "    width: int\n    kind: type = Dense\n")),
    Refusal("one-of-two", "MN101", _changed("Dense(self.width)", "(Dense if self.width > 2 else nn.Dense)(self.width)")),
    Refusal("handed-on", "MN101", _changed("Dense(self.width)", "jax.tree.map(Dense, [4])[0]")),
    Refusal("used-by-what-stays", "MN101", HEADER + DENSE + NET + "\n\nclass Other(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        self.scope.name\n        return Dense(3)(x)\n"),
    Refusal("reads-what-it-is-given", "MN106", _changed(_UPDATE, "kwargs.update({\"kernel_init\": kernel_init if \"dtype\" in kwargs else None})")),
    Refusal("takes-out-what-it-is-given", "MN106", _changed(_UPDATE, "kwargs.pop(\"name\", None)")),
    Refusal("on-a-condition", "MN106", _changed(_UPDATE, f"if len(args) > 1:\n            {_UPDATE}")),
    Refusal("the-features", "MN106", _changed("\"kernel_init\"", "\"features\"")),
    Refusal("the-dtype", "MN106", _changed("\"kernel_init\"", "\"dtype\"")),
    Refusal("a-name", "MN106", _changed("\"kernel_init\"", "\"name\"")),
    Refusal("an-argument-of-its-own", "MN106", _changed(_INIT, "def __init__(self, *args, scale=1, **kwargs)")),
    Refusal("an-attribute-of-its-own", "MN106", _changed(_LAST, f"{_LAST}\n        object.__setattr__(self, \"a\", 1)")),
    Refusal("hands-on-less", "MN106", _changed(_LAST, "super().__init__(*args)")),
    Refusal("a-method-besides", "MN106", _changed(_LAST, f"{_LAST}\n\n    def half(self, x):\n        return self(x) / 2")),
    Refusal("a-field-besides", "MN106", _changed("    def __init__", "    scale: float = 1.0\n\n    def __init__")),
    Refusal("another-layer", "MN104", HEADER + "class Dropout(nn.Dropout):\n    def __init__(self, *args, **kwargs):\n        super().__init__(*args, **kwargs)\n"),
    Refusal("bound-again", "MN106", _changed("class Net", "Dense = jax.named_scope(\"dense\")(Dense)\n\n\nclass Net")),
    Refusal("skipped", "MN402", _changed("class Dense(nn.Dense):", "class Dense(nn.Dense):  # migrate-norm: skip")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    if refusal.code == "MN402":
        text, file, _ = migrate(refusal.before)
        assert text == refusal.before
        assert refusals(file)
    else:
        check_refused(refusal.before, refusal.code)
