# ruff: noqa: E501
"""Functions outside of classes that return functions which make modules: read where these are called."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    changed,
    check_equivalent,
    check_transformed,
    f32,
    listed,
    migrate,
    refusals,
)

FUNCTIONS = '''\
def dense_layer(plain, scale=2):
    """What a layer is."""
    def scaled(x, features, bias=True):
        return nn.Dense(features, use_bias=bias)(x) * scale

    def normed(x, features, bias=True):
        # the norm comes last
        x = nn.Dense(features, use_bias=bias)(x)
        return nn.LayerNorm()(x)

    return scaled if plain else normed


def block(features):
    def apply(x):
        h = nn.Dense(features)(x)
        return x + nn.RMSNorm()(h)

    return apply


def norm(kind):
    if kind == "layer":
        return lambda x: nn.LayerNorm()(x)
    elif kind == "none":
        return lambda x: x
    raise ValueError(kind)


'''
NET = """\
class Net(nn.Module):
    plain: bool = False
    kind: str = "layer"

    @nn.compact
    def __call__(self, x):
        net = dense_layer(self.plain)
        x = net(x, 5)
        x = block(5)(x)

        fn = norm(self.kind)
        x = nn.relu(fn(x))
        y = x + net(x, bias=False, features=x.shape[-1])
        y = fn(y)
        return net(y, features=3)
"""
BEFORE = HEADER + FUNCTIONS + NET
AFTER = (
    NNX_HEADER
    + """\
class Net(nnx.Module):
    def __init__(
        self,
        in_features: int,
        plain: bool = False,
        kind: str = "layer",
        *,
        rngs: nnx.Rngs,
    ):
        self.plain = plain
        self.kind = kind
        if plain:
            self.dense_0 = nnx.Linear(in_features, 5, use_bias=True, rngs=rngs)
        else:
            self.dense_0 = nnx.Linear(in_features, 5, use_bias=True, rngs=rngs)
            self.layer_norm_0 = nnx.LayerNorm(5, rngs=rngs)
        self.dense_1 = nnx.Linear(5, 5, rngs=rngs)
        self.rms_norm_0 = nnx.RMSNorm(5, rngs=rngs)
        if kind == "layer":
            self.layer_norm_1 = nnx.LayerNorm(5, rngs=rngs)
        if plain:
            self.dense_2 = nnx.Linear(5, 5, use_bias=False, rngs=rngs)
        else:
            self.dense_2 = nnx.Linear(5, 5, use_bias=False, rngs=rngs)
            self.layer_norm_2 = nnx.LayerNorm(5, rngs=rngs)
        if kind == "layer":
            self.layer_norm_3 = nnx.LayerNorm(5, rngs=rngs)
        if plain:
            self.dense_3 = nnx.Linear(5, 3, use_bias=True, rngs=rngs)
        else:
            self.dense_3 = nnx.Linear(5, 3, use_bias=True, rngs=rngs)
            self.layer_norm_4 = nnx.LayerNorm(3, rngs=rngs)

    def __call__(self, x):
        if self.plain:
            x = self.dense_0(x) * 2
        else:
            # the norm comes last
            x = self.dense_0(x)
            x = self.layer_norm_0(x)
        h = self.dense_1(x)
        x = x + self.rms_norm_0(h)

        if self.kind == "layer":
            x = nnx.relu(self.layer_norm_1(x))
        elif self.kind == "none":
            x = nnx.relu(x)
        else:
            raise ValueError(self.kind)
        if self.plain:
            y = x + (self.dense_2(x) * 2)
        else:
            # the norm comes last
            x_1 = self.dense_2(x)
            y = x + self.layer_norm_2(x_1)
        if self.kind == "layer":
            y = self.layer_norm_3(y)
        elif self.kind != "none":
            raise ValueError(self.kind)
        if self.plain:
            return self.dense_3(y) * 2
        else:
            # the norm comes last
            y = self.dense_3(y)
            return self.layer_norm_4(y)
"""
)


def test_read_where_they_are_called() -> None:
    check_transformed(BEFORE, AFTER)


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("kind", ["layer", "none"])
def test_computes_the_same(plain: bool, kind: str) -> None:
    check_equivalent(BEFORE, Call("Net", (4,), {"plain": plain, "kind": kind}, (f32(2, 4),)))


ONE = """\
def dense_layer(plain, scale=2):
    def scaled(x, features):
        return nn.Dense(features)(x) * scale

    def normed(x, features):
        x = nn.Dense(features)(x)
        return nn.LayerNorm()(x)

    return scaled if plain else normed


class Net(nn.Module):
    plain: bool = False

    @nn.compact
    def __call__(self, x, wide: bool = True):
        width = 5
        net = dense_layer(self.plain)
        x = net(x, width)
        return net(x, 3)
"""
NEAR = {
    "a-module-that-is-shared": ("    def scaled(x, features):\n        return nn.Dense(features)(x)", "    dense = nn.Dense(4)\n\n    def scaled(x, features):\n        return dense(x)"),
    "a-list-that-is-filled": ("    def scaled(x, features):\n", "    seen = []\n\n    def scaled(x, features):\n        seen.append(1)\n        x = x * len(seen)\n"),
    "an-argument-that-hides": ("    def scaled(x, features):\n", "    x = 2\n\n    def scaled(x, features):\n"),
    "a-local-that-hides": ("        x = nn.Dense(features)(x)\n", "        scale = 3\n        x = nn.Dense(features)(x) * scale\n"),
    "other-arguments": ("    def normed(x, features):", "    def normed(features, x):"),
    "other-defaults": ("    def normed(x, features):", "    def normed(x, features=3):"),
    "a-default-of-the-outer": ("    def scaled(x, features):\n", "    def scaled(x, features, by=plain.scale):\n"),
    "decorated": ("    def scaled", "    @jax.checkpoint\n    def scaled"),
    "a-way-without": ("    return scaled if plain else normed", "    if plain:\n        return scaled"),
    "an-inner-way-without": ("        return nn.LayerNorm()(x)", "        if scale:\n            return nn.LayerNorm()(x)"),
    "one-that-calls-the-other": ("        return nn.LayerNorm()(x)", "        return scaled(x, features)"),
    "a-pair": ("    return scaled if plain else normed", "    return scaled, normed"),
    "what-decides-changes": ("dense_layer(self.plain)\n", "dense_layer(wide)\n        wide = self.plain\n"),
    "what-it-reads-changes": ("dense_layer(self.plain)\n        x = net(x, width)\n", "dense_layer(self.plain, width)\n        width = 7\n        x = net(x, width)\n"),
    "a-call-decides": ("dense_layer(self.plain)", "dense_layer(wide)"),
    "handed-on": ("        return net(x, 3)", "        return jax.jit(net, static_argnums=1)(x, 3)"),
    "bound-again": ("        return net(x, 3)", "        net = net if self.plain else net\n        return net(x, 3)"),
    "in-a-condition": ("        net = dense_layer(self.plain)\n", "        net = dense_layer(True)\n        if self.plain:\n            net = dense_layer(False)\n"),
    "in-a-list": ("        return net(x, 3)", "        return sum([net(x, k) for k in (3, 3)])"),
    "in-a-function": ("        return net(x, 3)", "        return jax.vmap(lambda row: net(row, 3))(x)"),
}  # fmt: skip


@pytest.mark.parametrize("name", NEAR)
def test_stays(name: str) -> None:
    text = HEADER + changed(ONE, NEAR[name])
    after, file, _ = migrate(text)
    assert after == text
    assert {d.subject for d in refusals(file)} == {"Net"}, listed(file)


@pytest.mark.parametrize("plain", [True, False])
def test_the_same_without_such_a_change(plain: bool) -> None:
    check_equivalent(HEADER + ONE, Call("Net", (4,), {"plain": plain}, (f32(2, 4),)))


@pytest.mark.parametrize("plain", [True, False])
def test_what_the_outer_function_holds(plain: bool) -> None:
    twice = changed(
        ONE, ("    def scaled", "    twice = scale * 2\n\n    def scaled"), (" * scale\n", " * twice\n")
    )
    check_equivalent(HEADER + twice, Call("Net", (4,), {"plain": plain}, (f32(2, 4),)))
