# ruff: noqa: E501
"""Caches as large as what the first call computes: made by that call, which Linen's init was."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from migrate_norm.catalog.findings import Severity

from .check import (
    Call,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    compare,
    f32,
    load,
    migrate,
    name_of,
    with_header,
)

_HEAD = "import jax\nimport jax.numpy as jnp\nfrom flax import linen as nn\nfrom jax import lax\n\n\n"
BEFORE = """\
class Attention(nn.Module):
    heads: int = 2
    decode: bool = False

    @nn.compact
    def __call__(self, x):
        query = nn.DenseGeneral((self.heads, 3), name="query")(x)
        key = nn.DenseGeneral((self.heads, 3), name="key")(x)
        value = nn.DenseGeneral((self.heads, 3), name="value")(x)
        mask = None
        if self.decode:
            # absent while Linen initializes
            is_initialized = self.has_variable("cache", "cached_key")
            cached_key = self.variable("cache", "cached_key", jnp.zeros, key.shape, key.dtype)
            cached_value = self.variable("cache", "cached_value", jnp.zeros, value.shape, value.dtype)
            cache_index = self.variable("cache", "cache_index", lambda: jnp.array(0, dtype=jnp.int32))
            if is_initialized:
                *batch, length, _, _ = cached_key.value.shape
                index = cache_index.value
                key = lax.dynamic_update_slice(cached_key.value, key, (0,) * len(batch) + (index, 0, 0))
                value = lax.dynamic_update_slice(cached_value.value, value, (0,) * len(batch) + (index, 0, 0))
                cached_key.value = key
                cached_value.value = value
                cache_index.value = cache_index.value + 1
                mask = jnp.arange(length) <= index
        weights = jnp.einsum("...qhd,...khd->...hqk", query, key)
        if mask is not None:
            weights = jnp.where(mask, weights, -1e9)
        y = jnp.einsum("...hqk,...khd->...qhd", nn.softmax(weights), value)
        return nn.DenseGeneral(6, axis=(-2, -1), name="out")(y)
"""
AFTER = """\
class Attention(nnx.Module):
    def __init__(
        self,
        in_features: int,
        heads: int = 2,
        decode: bool = False,
        *,
        rngs: nnx.Rngs,
    ):
        self.decode = decode
        self.cached_key = nnx.data(None)
        self.cached_value = nnx.data(None)
        self.cache_index = nnx.data(None)
        self.query = nnx.LinearGeneral(in_features, (heads, 3), rngs=rngs)
        self.key = nnx.LinearGeneral(in_features, (heads, 3), rngs=rngs)
        self.value = nnx.LinearGeneral(in_features, (heads, 3), rngs=rngs)
        self.out = nnx.LinearGeneral((heads, 3), 6, axis=(-2, -1), rngs=rngs)

    def __call__(self, x):
        query = self.query(x)
        key = self.key(x)
        value = self.value(x)
        mask = None
        if self.decode:
            # absent while Linen initializes
            is_initialized = self.cached_key is not None
            if self.cached_key is None:
                self.cached_key = nnx.Cache(jnp.zeros(key.shape, key.dtype))
            if self.cached_value is None:
                self.cached_value = nnx.Cache(jnp.zeros(value.shape, value.dtype))
            if self.cache_index is None:
                self.cache_index = nnx.Cache(jnp.array(0, dtype=jnp.int32))
            if is_initialized:
                *batch, length, _, _ = self.cached_key[...].shape
                index = self.cache_index[...]
                key = lax.dynamic_update_slice(self.cached_key[...], key, (0,) * len(batch) + (index, 0, 0))
                value = lax.dynamic_update_slice(self.cached_value[...], value, (0,) * len(batch) + (index, 0, 0))
                self.cached_key[...] = key
                self.cached_value[...] = value
                self.cache_index[...] = self.cache_index[...] + 1
                mask = jnp.arange(length) <= index
        weights = jnp.einsum("...qhd,...khd->...hqk", query, key)
        if mask is not None:
            weights = jnp.where(mask, weights, -1e9)
        y = jnp.einsum("...hqk,...khd->...qhd", nnx.softmax(weights), value)
        return self.out(y)
"""
MODEL = (
    _HEAD
    + BEFORE
    + """

class Model(nn.Module):
    decode: bool = False

    @nn.compact
    def __call__(self, x):
        for _ in range(2):
            x = x + Attention(decode=self.decode)(x)
        return x
"""
)


def test_transformed() -> None:
    check_transformed(_HEAD + BEFORE, _HEAD.replace("linen as nn", "nnx") + AFTER)


def test_what_makes_a_cache_is_told() -> None:
    (note,) = (d for d in migrate(MODEL)[1].diagnostics if d.severity is Severity.NOTE)
    assert (note.code, note.subject) == ("MN206", "Attention")


@pytest.mark.parametrize("shape", [(2, 4, 6), (4, 6)], ids=str)
def test_without_a_cache(shape: tuple[int, ...]) -> None:
    check_equivalent(MODEL, Call("Model", (6,), inputs=(f32(*shape),)))


def test_with_a_cache_that_both_sides_have() -> None:
    text, _, mapping = migrate(MODEL)
    linen, twin = load(MODEL), load(text)

    class Started(twin.Model):  # type: ignore[misc, name-defined]
        def __init__(self, *args: Any, **more: Any):
            super().__init__(*args, **more)
            self(jnp.ones((2, 1, 6)))

    twin.Model = Started
    call = Call("Model", (6,), {"decode": True}, inputs=(f32(2, 1, 6),))
    report = compare(linen, twin, mapping, call, samples=2, steps=3)
    assert report.equal, report


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
def test_decoding_step_by_step(graph: bool) -> None:
    linen, twin = (
        load(MODEL).Model(decode=True),
        load(migrate(MODEL)[0]).Model(6, decode=True, rngs=nnx.Rngs(0)),
    )
    xs = jax.random.normal(jax.random.key(1), (2, 5, 6))
    variables = linen.init(jax.random.key(0), xs)
    params, cache = _random(variables["params"]), {"cache": variables["cache"]}
    state = nnx.state(twin, nnx.Param)
    nnx.replace_by_pure_dict(state, {"attention": {i: params[f"Attention_{i}"] for i in range(2)}})
    nnx.update(twin, state)
    assert not nnx.state(twin, nnx.Cache)
    first, _ = linen.apply({"params": params}, xs, mutable=["cache"])
    np.testing.assert_array_equal(twin(xs), first)
    step = nnx.jit(lambda model, x: model(x), graph=graph)
    for i in range(xs.shape[1]):
        y, cache = jax.jit(lambda v, x: linen.apply(v, x, mutable=["cache"]))(
            {"params": params} | cache, xs[:, i : i + 1]
        )
        np.testing.assert_array_equal(step(twin, xs[:, i : i + 1]), y)
        ours, theirs = jax.tree.leaves(nnx.state(twin, nnx.Cache)), jax.tree.leaves(cache)
        jax.tree.map(np.testing.assert_array_equal, ours, theirs)


def _random(tree: Any) -> Any:
    leaves, structure = jax.tree.flatten(tree)
    keys = jax.random.split(jax.random.key(7), len(leaves))
    return structure.unflatten(jax.random.normal(k, v.shape) for k, v in zip(keys, leaves, strict=True))


def _cached(body: str) -> str:
    rows = "".join(f"        {row}\n" for row in body.splitlines())
    return f"""\
class L(nn.Module):
    decode: bool = False

    @nn.compact
    def __call__(self, x, here=False):
        x = nn.DenseGeneral((2, 3))(x)
{rows}        return x
"""


_ASKED = 'there = self.has_variable("cache", "c")\n'
_MADE = 'c = self.variable("cache", "c", jnp.zeros, x.shape)\n'
_USED = "if there:\n    x = x + c.value\n    c.value = x\n"
REFUSED = (
    Refusal("not-asked-for", "MN108", _cached(_MADE + "c.value = c.value + x")),
    Refusal("asked-for-afterwards", "MN108", _cached(_MADE + _ASKED + _USED)),
    Refusal("asked-for-another", "MN108", _cached(_ASKED.replace('"c"', '"d"') + _MADE + _USED)),
    Refusal("in-another-collection", "MN108", _cached(_ASKED.replace('"cache"', '"other"') + _MADE + _USED)),
    Refusal("an-argument-decides", "MN203", _cached("if here:\n" + "".join(f"    {r}\n" for r in (_ASKED + _MADE + _USED).splitlines()))),
    Refusal("on-the-other-side", "MN108", _cached("if self.decode:\n    pass\nelse:\n" + "".join(f"    {r}\n" for r in (_ASKED + _MADE + _USED).splitlines()))),
    Refusal("one-of-them-elsewhere", "MN108", _cached(_ASKED + _MADE + 'if self.decode:\n    d = self.variable("cache", "d", jnp.zeros, x.shape)\n    x = x + d.value\n' + _USED)),
    Refusal("a-param", "MN108", _cached('there = self.has_variable("params", "c")\nc = self.param("c", nn.initializers.ones, x.shape)\nx = x + c\n')),
    Refusal("statistics", "MN108", _cached((_ASKED + _MADE + _USED).replace('"cache"', '"batch_stats"'))),
    Refusal("made-outside", "MN301", _cached(_ASKED + _MADE + _USED) + "\n\nmodel = L()\n"),
    Refusal("initialised-outside", "MN301", _cached(_ASKED + _MADE + _USED) + "\n\nvariables = L(True).init(jax.random.key(0), jnp.ones((2, 3)))\n"),
    Refusal("behind-a-transform", "MN206", _cached(_ASKED + _MADE + _USED).replace("    @nn.compact", "    @nn.jit\n    @nn.compact")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    check_refused(with_header(refusal.before), refusal.code)


def test_a_cache_of_told_sizes_is_there_from_the_start() -> None:
    before = _cached(_ASKED + _MADE.replace("x.shape", "(4, 2, 3)") + _USED)
    assert "self.c = nnx.Cache(jnp.zeros((4, 2, 3)))" in migrate(with_header(before))[0]
