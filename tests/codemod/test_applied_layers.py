# ruff: noqa: E501
"""Layers that are only applied, with variables of others: NNX keeps their graph, and merges it where they are called."""

import jax.numpy as jnp
import pytest
from flax import nnx

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    load,
    migrate,
    name_of,
    refusals,
    run_in_tree_mode,
)

NORMED = """\
class Normed(nn.Module):
    features: int
    groups: int = 2
    dtype: jnp.dtype = jnp.float32

    def setup(self):
        self.conv = nn.Conv(
            features=self.features,
            kernel_size=(3,),
            padding="VALID",
            feature_group_count=self.groups,
            dtype=self.dtype,
        )
        shape = (self.conv.features, self.conv.features // self.conv.feature_group_count, self.conv.kernel_size[0])
        self.weight = self.param("weight", nn.initializers.he_normal(), shape)
        self.bias = self.param("bias", nn.initializers.zeros, (self.conv.features,))
        self.padding = self.conv.kernel_size[0] // 2

    def __call__(self, x):
        weight = self.weight / jnp.linalg.norm(self.weight, axis=(0, 1))
        x = jnp.pad(x, ((0, 0), (self.padding, self.padding), (0, 0)))
        return self.conv.apply({"params": {"kernel": weight.T, "bias": self.bias}}, x)
"""
NNX_NORMED = """\
class Normed(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: int,
        groups: int = 2,
        dtype: jnp.dtype = jnp.float32,
        *,
        rngs: nnx.Rngs,
    ):
        self.conv = nnx.graphdef(
            nnx.eval_shape(
                lambda: nnx.Conv(
                    in_features,
                    features,
                    (3,),
                    padding="VALID",
                    feature_group_count=groups,
                    dtype=dtype,
                    rngs=nnx.Rngs(0),
                )
            )
        )
        shape = (features, features // groups, 3)
        self.weight = nnx.Param(nnx.initializers.he_normal()(rngs.params(), shape))
        self.bias = nnx.Param(nnx.initializers.zeros(rngs.params(), (features,)))
        self.padding = 3 // 2

    def __call__(self, x):
        weight = self.weight / jnp.linalg.norm(self.weight[...], axis=(0, 1))
        x = jnp.pad(x, ((0, 0), (self.padding, self.padding), (0, 0)))
        return nnx.merge(self.conv, {"kernel": weight.T, "bias": self.bias[...]})(x)
"""
STANDARD = """\
class Standard(nn.Module):
    features: int
    kernel_size: tuple[int, ...] = (3, 3)

    @nn.compact
    def __call__(self, x):
        x = nn.Conv(4, (1, 1))(x)
        conv = nn.Conv(self.features, self.kernel_size, feature_group_count=2, parent=None)
        kernel_init = lambda rng, x: conv.init(rng, x)["params"]["kernel"]

        kernel = self.param("kernel", kernel_init, x)
        bias = self.param("bias", lambda key, y: conv.init(key, y)["params"]["bias"], x)
        x = conv.apply({"params": {"kernel": kernel - kernel.mean(), "bias": bias}}, x)
        return nn.Conv(2, (1, 1))(x)
"""
NNX_STANDARD = """\
class Standard(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: int,
        kernel_size: tuple[int, ...] = (3, 3),
        *,
        rngs: nnx.Rngs,
    ):
        self.conv_0 = nnx.Conv(in_features, 4, (1, 1), rngs=rngs)
        self.conv = nnx.graphdef(
            nnx.eval_shape(
                lambda: nnx.Conv(
                    4, features, kernel_size, feature_group_count=2, rngs=nnx.Rngs(0)
                )
            )
        )
        self.kernel = nnx.Param(
            nnx.initializers.lecun_normal()(
                rngs.params(), (*kernel_size, 4 // 2, features), jnp.float32
            )
        )
        self.bias = nnx.Param(
            nnx.initializers.zeros_init()(rngs.params(), (features,), jnp.float32)
        )
        self.conv_1 = nnx.Conv(features, 2, (1, 1), rngs=rngs)

    def __call__(self, x):
        x = self.conv_0(x)

        x = nnx.merge(self.conv, {"kernel": self.kernel - self.kernel[...].mean(), "bias": self.bias[...]})(x)
        return self.conv_1(x)
"""
DENSE = """\
class Tied(nn.Module):
    features: int
    twice: bool = False

    def setup(self):
        self.dense = nn.Dense(self.features, use_bias=False, dtype=jnp.bfloat16)
        self.up = nn.ConvTranspose(self.features, (2,), strides=(2,))
        self.w = self.param("w", nn.initializers.normal(), (self.features, self.features))

    def __call__(self, x):
        x = self.dense.apply({"params": {"kernel": self.w}}, x)
        if self.twice:
            up = jnp.stack([self.w, self.w.T])
            x = self.up.apply({"params": {"bias": self.w[0], "kernel": up}}, x)
        return self.dense.apply({"params": {"kernel": self.w.T}}, x)
"""


@pytest.mark.parametrize(("before", "after"), [(NORMED, NNX_NORMED), (STANDARD, NNX_STANDARD)])
def test_transformed(before: str, after: str) -> None:
    check_transformed(HEADER + before, NNX_HEADER + after)


CALLS = {
    "weights-of-its-own": (NORMED, Call("Normed", (4,), {"features": 4}, (f32(2, 5, 4),))),
    "in-another-precision": (
        NORMED,
        Call("Normed", (4,), {"features": 4, "dtype": jnp.bfloat16}, (f32(2, 5, 4),)),
    ),
    "without-a-parent": (STANDARD, Call("Standard", (3,), {"features": 6}, (f32(2, 5, 5, 3),))),
    "a-window-of-one-number": (
        STANDARD.replace("tuple[int, ...] = (3, 3)", "int = 3"),
        Call("Standard", (3,), {"features": 6}, (f32(2, 5, 3),)),
    ),
    "initializers-of-its-own": (
        STANDARD.replace("parent=None", "parent=None, kernel_init=nn.initializers.normal(0.5), param_dtype=jnp.bfloat16"),
        Call("Standard", (3,), {"features": 6}, (f32(2, 5, 5, 3),)),
    ),
    "twice": (DENSE, Call("Tied", (), {"features": 4}, (f32(2, 5, 4),))),
    "on-a-condition": (DENSE, Call("Tied", (), {"features": 4, "twice": True}, (f32(2, 5, 4),))),
}  # fmt: skip


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
@pytest.mark.parametrize("name", CALLS)
def test_computes_the_same(name: str, graph: bool) -> None:
    before, call = CALLS[name]
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        check_equivalent(HEADER + before, call)


def test_it_holds_no_variable_and_goes_through_transforms() -> None:
    twin = load(migrate(HEADER + NORMED)[0])
    model, x = twin.Normed(4, 4, rngs=nnx.Rngs(0)), jnp.ones((1, 5, 4))
    assert sorted(nnx.to_pure_dict(nnx.state(model))) == ["bias", "weight"]
    again = nnx.merge(*nnx.split(model))
    # a compiler may fuse what runs operation by operation else
    assert jnp.allclose(nnx.jit(lambda m, x: m(x))(again, x), model(x), rtol=1e-5, atol=1e-6)
    run_in_tree_mode(twin, Call("Normed", (4, 4), {}, (f32(2, 5, 4),)))


def _normed(old: str, new: str) -> str:
    assert old in NORMED
    return HEADER + NORMED.replace(old, new)


def _standard(old: str, new: str) -> str:
    assert old in STANDARD
    return HEADER + STANDARD.replace(old, new)


APPLY = 'self.conv.apply({"params": {"kernel": weight.T, "bias": self.bias}}, x)'
HEIR = """

class Heir(Normed):
    def __call__(self, x):
        return self.conv(x)
"""
OTHER = """

class Other(Normed):
    def setup(self):
        self.conv = nn.Conv(8, (3,))
        self.weight = self.param("weight", nn.initializers.he_normal(), (3,))

    def __call__(self, x):
        return self.conv(x)
"""
REFUSED = (
    Refusal("called-too", "MN101", _normed(f"return {APPLY}", f"return {APPLY} + self.conv(x)")),
    Refusal("handed-on", "MN101", _normed(f"return {APPLY}", f"return {APPLY}, self.conv")),
    Refusal("without-its-bias", "MN101", _normed(', "bias": self.bias}}', "}}")),
    Refusal("with-more", "MN101", _normed('"bias": self.bias}', '"bias": self.bias, "scale": self.bias}')),
    Refusal("variables-as-they-are", "MN101", _normed('{"params": {"kernel": weight.T, "bias": self.bias}}', "variables").replace("def __call__(self, x)", "def __call__(self, x, variables)")),
    Refusal("mutable", "MN101", _normed("}}, x)", "}}, x, mutable=True)")),
    Refusal("a-bias-on-a-condition", "MN101", _normed("dtype=self.dtype,", "dtype=self.dtype, use_bias=self.groups > 1,")),
    Refusal("one-of-two", "MN101", _normed("self.conv = nn.Conv(", "self.conv = nn.Conv(8, (3,)) if self.groups == 7 else nn.Conv(")),
    Refusal("made-again", "MN101", _normed("        self.padding", "        self.conv = nn.Conv(self.features, (5,))\n        self.padding")),
    Refusal("an-heir-calls-it", "MN101", HEADER + NORMED + HEIR),
    Refusal("an-heir-has-another", "MN101", HEADER + NORMED + OTHER),
    Refusal("asked-for-its-parent", "MN101", _normed("self.conv.kernel_size[0] // 2", "1 if self.conv.parent is None else 1")),
    Refusal("all-of-a-window", "MN101", _normed("self.conv.kernel_size[0] // 2", "len(self.conv.kernel_size)")),
    Refusal("counted-by-linen", "MN101", _standard(", parent=None", "")),
    Refusal("bound-again", "MN101", _standard("        x = conv.apply", "        if x.ndim > 4:\n            conv = nn.Conv(3, (3, 3), parent=None)\n        x = conv.apply")),
    Refusal("another-parent", "MN107", _standard("parent=None", "parent=self")),
    Refusal("a-variable-that-is-not-there", "MN101", _standard('["params"]["kernel"]', '["params"]["scale"]')),
    Refusal("another-key", "MN101", _standard("lambda rng, x: conv.init(rng, x)", "lambda rng, x: conv.init(jax.random.key(0), x)")),
    Refusal("another-layer-of-its-own", "MN101", _standard("conv = nn.Conv(self.features, self.kernel_size, feature_group_count=2, parent=None)", "conv = nn.ConvTranspose(self.features, self.kernel_size, parent=None)")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    check_refused(refusal.before, refusal.code)


def test_what_a_layer_is_asked_for_when_it_is_called() -> None:
    before = "class Net(nn.Module):\n    f: int\n\n    def setup(self):\n        self.norm = nn.LayerNorm(epsilon=1e-5 * self.f)\n\n    def __call__(self, x):\n        return self.norm(x) + 2 * self.norm.epsilon\n"
    text, file, _ = migrate(HEADER + before)
    assert "return self.norm(x) + 2 * (1e-5 * self.f)" in text
    assert not refusals(file)
    check_equivalent(HEADER + before, Call("Net", (3,), {"f": 2}, (f32(2, 3),)))
