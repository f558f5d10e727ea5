# ruff: noqa: E501
"""Modules that `jax.vmap` runs on the parts of an array."""

import jax
import pytest
from flax import nnx

from .check import (
    NNX_HEADER,
    Call,
    Case,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    name_of,
    with_header,
)

_X, _Y = f32(4, 3, 6), f32(3, 2)
_PART = """\
class Part(nn.Module):
    f: int

    @nn.compact
    def __call__(self, x, y):
        w = self.param("w", nn.initializers.normal(), (x.shape[-1],))
        return nn.Dense(self.f)(x * w) + nn.Dense(self.f)(y)


"""
TRANSFORMED = (
    Case(
        "made-there",
        """\
class L(nn.Module):
    f: int = 5

    @nn.compact
    def __call__(self, x):
        x = jnp.tanh(jax.vmap(nn.Dense(self.f), in_axes=(0))(x))
        norm = nn.LayerNorm()
        # put together along the second axis
        return nn.Dense(2)(jax.vmap(norm, 0, out_axes=1)(x))
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, f: int = 5, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, f, rngs=rngs)
        self.layer_norm_0 = nnx.LayerNorm(f, rngs=rngs)
        self.dense_1 = nnx.Linear(f, 2, rngs=rngs)

    def __call__(self, x):
        x = jnp.tanh(jax.vmap(self.dense_0, in_axes=(0))(x))
        # put together along the second axis
        return self.dense_1(jax.vmap(self.layer_norm_0, 0, out_axes=1)(x))
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "of-setup",
        _PART
        + """\
class L(nn.Module):
    f: int = 5

    def setup(self):
        self.part = Part(self.f)

    def __call__(self, x, y):
        return jax.vmap(self.part, in_axes=(0, None))(x, y) + self.part(x, y)

    def apart(self, x, y):
        return jax.vmap(self.part, (1, 0))(x, y)
""",
        """\
class Part(nnx.Module):
    def __init__(self, in_features: int, y_features: int, f: int, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (in_features,)))
        self.dense_0 = nnx.Linear(in_features, f, rngs=rngs)
        self.dense_1 = nnx.Linear(y_features, f, rngs=rngs)

    def __call__(self, x, y):
        return self.dense_0(x * self.w) + self.dense_1(y)


class L(nnx.Module):
    def __init__(self, x_features: int, y_features: int, f: int = 5, *, rngs: nnx.Rngs):
        self.part = Part(x_features, y_features, f, rngs=rngs)

    def __call__(self, x, y):
        return jax.vmap(self.part, in_axes=(0, None))(x, y) + self.part(x, y)

    def apart(self, x, y):
        return jax.vmap(self.part, (1, 0))(x, y)
""",
        (Call("L", (6, 2), {}, (_X, _Y)),),
    ),
    Case(
        "of-a-field",
        """\
class Mean(nn.Module):
    module: nn.Module
    turns: int = 3

    def __call__(self, x):
        turned = jnp.stack([jnp.roll(x, k, -1) for k in range(self.turns)])
        return jnp.mean(jax.vmap(self.module)(turned), axis=0)


class Part(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(5)(x)


class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Mean(Part())(x)
""",
        """\
class Mean(nnx.Module):
    def __init__(self, module: nnx.Module, turns: int = 3, *, rngs: nnx.Rngs):
        self.module = module
        self.turns = turns

    def __call__(self, x):
        turned = jnp.stack([jnp.roll(x, k, -1) for k in range(self.turns)])
        return jnp.mean(jax.vmap(self.module)(turned), axis=0)


class Part(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, 5, rngs=rngs)

    def __call__(self, x):
        return self.dense_0(x)


class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.mean_0 = Mean(Part(in_features, rngs=rngs), rngs=rngs)

    def __call__(self, x):
        return self.mean_0(x)
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "in-a-function",
        """\
class L(nn.Module):
    f: int = 5

    def setup(self):
        self.one = nn.Dense(self.f)
        self.two = nn.Dense(self.f)

    def __call__(self, x, y):
        def each(part, y):
            h = nn.relu(self.one(part))
            return self.two(jnp.concatenate([h, y], axis=-1))

        return jax.vmap(each, in_axes=(0, None))(x, y)
""",
        """\
class L(nnx.Module):
    def __init__(self, x_features: int, y_features: int, f: int = 5, *, rngs: nnx.Rngs):
        self.one = nnx.Linear(x_features, f, rngs=rngs)
        self.two = nnx.Linear(f + y_features, f, rngs=rngs)

    def __call__(self, x, y):
        def each(part, y):
            h = nnx.relu(self.one(part))
            return self.two(jnp.concatenate([h, y], axis=-1))

        return jax.vmap(each, in_axes=(0, None))(x, y)
""",
        (Call("L", (6, 2), {}, (_X, _Y)),),
    ),
    Case(
        "in-a-lambda",
        """\
class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        layer = nn.Dense(5)
        x = jax.vmap(lambda y: nn.relu(layer(y)), out_axes=1)(x)
        return nn.Dense(2)(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, 5, rngs=rngs)
        self.dense_1 = nnx.Linear(5, 2, rngs=rngs)

    def __call__(self, x):
        x = jax.vmap(lambda y: nnx.relu(self.dense_0(y)), out_axes=1)(x)
        return self.dense_1(x)
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "of-the-module-itself",
        """\
class L(nn.Module):
    f: int = 5

    @nn.compact
    def __call__(self, x, key):
        return nn.Dense(self.f)(x) * jax.random.normal(key, (self.f,))

    def mean(self, x, key, samples=3):
        keys = jax.random.split(key, samples)
        return jax.vmap(self, in_axes=(None, 0))(x, keys).mean(axis=0)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, f: int = 5, *, rngs: nnx.Rngs):
        self.f = f
        self.dense_0 = nnx.Linear(in_features, f, rngs=rngs)

    def __call__(self, x, key):
        return self.dense_0(x) * jax.random.normal(key, (self.f,))

    def mean(self, x, key, samples=3):
        keys = jax.random.split(key, samples)
        return jax.vmap(self, in_axes=(None, 0))(x, keys).mean(axis=0)
""",
        (Call("L", (6,), {}, (_X, jax.random.key(3)), method="mean"),),
    ),
)


def _body(row: str, part: str = "nn.Dense(5)") -> str:
    return f"class L(nn.Module):\n    n: int = 0\n\n    @nn.compact\n    def __call__(self, x, train=False):\n        layer = {part}\n        return {row}\n"


def _function(row: str, above: str = "") -> str:
    body = _body(row)
    return body.replace(
        "        return", f"        {above}def one(y):\n            return layer(y)\n\n        return"
    )


_SOWS = 'class Part(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        x = nn.Dense(5)(x)\n        self.sow("intermediates", "x", x)\n        return x\n\n\n'
_FIELD = "class Mean(nn.Module):\n    module: nn.Module\n\n    def __call__(self, x):\n        return jax.{}(self.module)(x)\n\n\n"
_SELF = "class L(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return {}\n\n    def all(self, x):\n        return {}\n"
_INNER = "class Part(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return {}(nn.Dense(5)(x))\n\n\n"
REFUSED = (
    Refusal("writes", "MN102", _INNER.format("nn.BatchNorm(use_running_average=False)") + _body("jax.vmap(layer)(x)", "Part()")),
    Refusal("draws", "MN102", _INNER.format("nn.Dropout(0.5, deterministic=False)") + _body("jax.vmap(layer)(x)", "Part()")),
    Refusal("a-layer-that-writes", "MN101", _body("jax.vmap(layer)(x)", "nn.BatchNorm(use_running_average=False)")),
    Refusal("a-layer-that-draws", "MN101", _body("jax.vmap(layer)(x)", "nn.Dropout(0.5, deterministic=False)")),
    Refusal("a-field-that-writes", "MN102", _FIELD.format("vmap") + _INNER.format("nn.BatchNorm(use_running_average=False)") + _body("layer(x)", "Mean(Part())")),
    Refusal("a-field-that-draws", "MN102", _FIELD.format("vmap") + _INNER.format("nn.Dropout(0.5, deterministic=False)") + _body("layer(x)", "Mean(Part())")),
    Refusal("a-field-behind-another-transform", "MN105", _FIELD.format("jit")),
    Refusal("itself-that-writes", "MN102", _SELF.format("nn.BatchNorm(use_running_average=False)(x)", "jax.vmap(self)(x)")),
    Refusal("itself-that-draws", "MN102", _SELF.format("nn.Dropout(0.5, deterministic=False)(x)", "jax.vmap(self)(x)")),
    Refusal("itself-that-draws-by-itself", "MN102", _SELF.format("x + jax.random.normal(self.make_rng('noise'))", "jax.vmap(self)(x)")),
    Refusal("itself-that-is-not-called", "MN107", _SELF.format("nn.Dense(3)(x)", "jax.vmap(self)")),
    Refusal("itself-behind-another-transform", "MN107", _SELF.format("nn.Dense(3)(x)", "jax.jit(self)(x)")),
    Refusal("sows", "MN102", _SOWS + _body("jax.vmap(layer)(x)", "Part()")),
    Refusal("an-axis-that-may-be-the-last", "MN108", _body("jax.vmap(layer, 1)(x)")),
    Refusal("a-keyword", "MN101", _body("jax.vmap(layer)(inputs=x)")),
    Refusal("an-axis-of-configuration", "MN101", _body("jax.vmap(layer, in_axes=self.n)(x)")),
    Refusal("axes-that-do-not-fit", "MN101", _body("jax.vmap(layer, in_axes=(0, 0))(x)")),
    Refusal("a-name-of-an-axis", "MN101", _body("jax.vmap(layer, axis_name='i')(x)")),
    Refusal("not-called", "MN101", _body("jax.vmap(layer)")),
    Refusal("another-transform", "MN101", _body("jax.jit(layer)(x)")),
    Refusal("a-method", "MN101", _body("jax.vmap(layer.__call__)(x)")),
    Refusal("within-a-lambda", "MN101", _body("jax.vmap(lambda y: jax.vmap(layer)(y))(x)")),
    Refusal("made-within-a-lambda", "MN101", _body("jax.vmap(lambda y: jax.vmap(nn.Dense(3))(y))(layer(x))")),
    Refusal("made-in-the-function", "MN101", _body("jax.vmap(lambda y: nn.Dense(3)(y))(layer(x))")),
    Refusal("a-function-that-draws", "MN102", _body("jax.vmap(lambda y: layer(y))(x)", "nn.Dropout(0.5, deterministic=False)")),
    Refusal("a-function-that-writes", "MN102", _INNER.format("nn.BatchNorm(use_running_average=False)") + _body("jax.vmap(lambda y: layer(y))(x)", "Part()")),
    Refusal("a-function-that-sows", "MN102", _SOWS + _body("jax.vmap(lambda y: layer(y))(x)", "Part()")),
    Refusal("a-function-behind-another-transform", "MN101", _body("jax.jit(lambda y: layer(y))(x)")),
    Refusal("a-function-in-a-function", "MN101", _body("jax.vmap(lambda y: (lambda z: layer(z))(y))(x)")),
    Refusal("a-function-that-hands-it-on", "MN101", _body("jax.vmap(lambda y: jax.jit(layer)(y))(x)")),
    Refusal("a-function-with-that-name", "MN101", _body("jax.vmap(lambda layer: layer(x))(x)")),
    Refusal("a-function-that-is-called-too", "MN101", _function("jax.vmap(one)(x) + one(x)")),
    Refusal("a-function-that-is-kept", "MN101", _function("jax.vmap(one)(x), one")),
    Refusal("one-of-two-functions", "MN101", _function("jax.vmap(one)(x)", "def one(y):\n            return y\n\n        ")),
    Refusal("a-function-with-a-decorator", "MN101", _function("jax.vmap(one)(x)", "@jax.jit\n        ")),
    Refusal("a-list-in-a-function", "MN101", _function("jax.vmap(one)(x)").replace("nn.Dense(5)", "[nn.Dense(5) for _ in range(2)]").replace("layer(y)", "layer[0](y)")),
)  # fmt: skip


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_transformed(case: Case) -> None:
    check_transformed(with_header(case.before), with_header(case.after, NNX_HEADER))


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_computes_the_same(case: Case, graph: bool) -> None:
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        check_equivalent(with_header(case.before), *case.calls)


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(with_header(case.before), case.code)
