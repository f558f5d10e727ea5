"""Functions and methods that are given a layer and call it: `attention(q, k, v, self.dropout)`."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    listed,
    migrate_project,
)

FUNCTION = """\
def attention(q, k, v, dropout, training):
    w = nn.softmax(q @ jnp.swapaxes(k, -1, -2) / float(k.shape[-1]) ** 0.5)
    w = dropout(w, deterministic=not training)
    return w @ v


"""
LOCAL = """\
class Local(nn.Module):
    width: int = 4
    rate: float = 0.5

    @nn.compact
    def __call__(self, x, training=False):
        q, k, v = jnp.split(nn.Dense(3 * self.width)(x), 3, axis=-1)
        drop = nn.Dropout(self.rate)
        y = attention(q, k, v, drop, training)
        return nn.Dense(2)(drop(y, deterministic=not training))
"""
NNX_LOCAL = """\
class Local(nnx.Module):
    def __init__(
        self,
        in_features: int,
        width: int = 4,
        rate: float = 0.5,
        *,
        rngs: nnx.Rngs,
    ):
        self.dense_0 = nnx.Linear(in_features, 3 * width, rngs=rngs)
        self.dropout_0 = nnx.Dropout(rate, rngs=rngs)
        self.dense_1 = nnx.Linear(width, 2, rngs=rngs)

    def __call__(self, x, training=False):
        q, k, v = jnp.split(self.dense_0(x), 3, axis=-1)
        y = attention(q, k, v, self.dropout_0, training)
        return self.dense_1(self.dropout_0(y, deterministic=not training))
"""
HELD = """\
class Held(nn.Module):
    rate: float = 0.5

    def setup(self):
        self.drop = nn.Dropout(self.rate)
        self.out = nn.Dense(3)

    def __call__(self, x, training=False):
        return self.out(attention(x, x, x, training=training, dropout=self.drop))
"""


def test_transformed() -> None:
    before, after = HEADER + FUNCTION + LOCAL, NNX_HEADER + FUNCTION.replace("nn.", "nnx.") + NNX_LOCAL
    check_transformed(before, after)


@pytest.mark.parametrize("training", [False, True])
def test_computes_the_same(training: bool) -> None:
    check_equivalent(
        f"{HEADER}{FUNCTION}{LOCAL}\n\n{HELD}",
        Call("Local", (5,), {}, (f32(2, 3, 5),), {"training": training}),
        Call("Held", (5,), {}, (f32(2, 3, 5),), {"training": training}),
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("w = dropout(w, deterministic=not training)", "w = dropout(w, not training)"),
        ("w = dropout(w, deterministic=not training)", "w = dropout(w, rng=None, deterministic=True)"),
        ("w = dropout(w, deterministic=not training)", "w = jax.vmap(dropout)(w)"),
        ("w = dropout(w, deterministic=not training)", "w = (lambda a: dropout(a, deterministic=True))(w)"),
        ("w = dropout(w, deterministic=not training)", "kept.append(dropout)"),
        ("w = dropout(w, deterministic=not training)", "w = dropout.apply({}, w)"),
        ("w = dropout(w, deterministic=not training)", "dropout = print\n    w = dropout(w)"),
        ("def attention(", "@jax.jit\ndef attention("),
        ("dropout, training):", "dropout, training, *more):"),
        ("drop = nn.Dropout(self.rate)", "drop = nn.Dropout(self.rate, deterministic=not training)"),
        ("drop = nn.Dropout(self.rate)", "drop = nn.LayerNorm()"),
        ("attention(q, k, v, drop, training)", "attention(*[q, k, v, drop, training])"),
        ("attention(q, k, v, drop, training)", "jax.checkpoint(attention)(q, k, v, drop, training)"),
        ("attention(q, k, v, drop, training)", "jnp.dot(q, drop)"),
    ],
)
def test_what_does_more_stays(old: str, new: str) -> None:
    source = HEADER + "kept = []\n\n\n" + FUNCTION + LOCAL
    assert old in source
    check_refused(source.replace(old, new), "MN101")


GIVEN = """\
WIDTH = 2


def residual(layer, norm, x):
    y = jnp.concatenate([norm(x), jnp.ones((*x.shape[:-1], WIDTH))], axis=-1)
    return nn.relu(layer(y)) + x


class Compact(nn.Module):
    depth: int = 2
    wide: bool = True

    @nn.compact
    def __call__(self, x):
        last = nn.Dense(x.shape[-1])
        if self.wide:
            x = residual(nn.Dense(x.shape[-1]), nn.LayerNorm(), x)
        for _ in range(self.depth):
            x = residual(nn.Dense(x.shape[-1], use_bias=False), norm=nn.LayerNorm(epsilon=1e-3), x=x)
        return residual(last, jnp.tanh, x)


class Held(nn.Module):
    def setup(self):
        self.first = nn.Dense(4)
        self.second = nn.Dense(3)

    def run(self, layer, x):
        y = layer(x)
        return nn.relu(y) if y.ndim > 2 else jnp.tanh(y)

    def __call__(self, x):
        return self.run(self.second, self.run(x=x, layer=self.first))
"""
NNX_GIVEN = """\
WIDTH = 2


def residual(layer, norm, x):
    y = jnp.concatenate([norm(x), jnp.ones((*x.shape[:-1], WIDTH))], axis=-1)
    return nnx.relu(layer(y)) + x


class Compact(nnx.Module):
    def __init__(
        self,
        in_features: int,
        depth: int = 2,
        wide: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        self.wide = wide
        self.dense_0 = nnx.Linear(in_features + WIDTH, in_features, rngs=rngs)
        if wide:
            self.dense_1 = nnx.Linear(in_features + WIDTH, in_features, rngs=rngs)
            self.layer_norm_0 = nnx.LayerNorm(in_features, rngs=rngs)
        self.dense = nnx.List()
        self.layer_norm = nnx.List()
        for _ in range(depth):
            self.dense.append(
                nnx.Linear(in_features + WIDTH, in_features, use_bias=False, rngs=rngs)
            )
            self.layer_norm.append(nnx.LayerNorm(in_features, epsilon=1e-3, rngs=rngs))

    def __call__(self, x):
        if self.wide:
            x = residual(self.dense_1, self.layer_norm_0, x)
        for dense, layer_norm in zip(self.dense, self.layer_norm):
            x = residual(dense, norm=layer_norm, x=x)
        return residual(self.dense_0, jnp.tanh, x)


class Held(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.first = nnx.Linear(in_features, 4, rngs=rngs)
        self.second = nnx.Linear(4, 3, rngs=rngs)

    def run(self, layer, x):
        y = layer(x)
        return nnx.relu(y) if y.ndim > 2 else jnp.tanh(y)

    def __call__(self, x):
        return self.run(self.second, self.run(x=x, layer=self.first))
"""


def test_layers_are_given_as_they_are() -> None:
    check_transformed(HEADER + GIVEN, NNX_HEADER + NNX_GIVEN)


def test_given_layers_compute_the_same() -> None:
    check_equivalent(
        HEADER + GIVEN,
        Call("Compact", (5,), {}, (f32(2, 5),)),
        Call("Compact", (5,), {"wide": False, "depth": 3}, (f32(2, 5),)),
        Call("Held", (5,), {}, (f32(2, 5),)),
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("        y = layer(x)", "        y = layer(x) if x.ndim > 1 else x"),
        ("        y = layer(x)", "        if x.ndim > 2:\n            return x\n        y = layer(x)"),
        ("        y = layer(x)", "        for _ in range(2):\n            y = layer(x)"),
        ("        y = layer(x)", "        y = layer(x)\n        print(layer)"),
        ("        y = layer(x)", "        y = layer(inputs=x)"),
        (
            "        return self.run(",
            "        if x.ndim > 2:\n            return x\n        return self.run(",
        ),
        ("        return self.run(", "        return x if x.ndim > 2 else self.run("),
        ("    def __call__(", "    def encode("),
        ("nn.Dense(3)", "nn.BatchNorm(use_running_average=False)"),
        ("nn.Dense(3)", "nn.WeightNorm(nn.Dense(3))"),
    ],
)
def test_what_linen_may_not_call_stays(old: str, new: str) -> None:
    """Linen has no parameters of a layer that nothing calls, and NNX would."""
    source = HEADER + "class Held" + GIVEN.partition("class Held")[2]
    assert old in source
    check_refused(source.replace(old, new), "MN101")


def test_a_function_of_another_file_tells_no_size_by_its_own_names() -> None:
    function, _, net = GIVEN.partition("\n\nclass Held")[0].partition("class Compact")
    before = f"{HEADER}from other import residual\n\n\nclass Compact{net}"
    files = migrate_project({"net.py": before, "other.py": HEADER + function}).files
    found = {file.path: file for file in files}
    assert found["net.py"].after.decode() == before, found["net.py"].after.decode()
    assert "MN108" in listed(found["net.py"])
