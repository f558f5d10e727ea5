# ruff: noqa: E501
"""Variables that a call makes when it is asked to: decode caches, step by step against Linen."""

from collections.abc import Callable
from functools import partial
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
    refusals,
    with_header,
)

_HEAD = """\
import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import lax


"""
ATTENTION = """\
class Attention(nn.Module):
    width: int = 6
    heads: int = 2

    def setup(self):
        self.q_proj = nn.Dense(self.width)
        self.k_proj = nn.Dense(self.width)
        self.v_proj = nn.Dense(self.width)
        self.o_proj = nn.Dense(self.width)

    def split(self, x):
        return x.reshape(x.shape[:2] + (self.heads, self.width // self.heads))

    @nn.compact
    def concatenate_to_cache(self, key, value, mask):
        # absent while Linen initializes
        is_initialized = self.has_variable("cache", "cached_key")
        cached_key = self.variable("cache", "cached_key", jnp.zeros, key.shape, key.dtype)
        cached_value = self.variable("cache", "cached_value", jnp.zeros, value.shape, value.dtype)
        cache_index = self.variable("cache", "cache_index", lambda: jnp.array(0, dtype=jnp.int32))

        if is_initialized:
            index, steps = cache_index.value, key.shape[1]
            key = lax.dynamic_update_slice(cached_key.value, key, (0, index, 0, 0))
            value = lax.dynamic_update_slice(cached_value.value, value, (0, index, 0, 0))
            cached_key.value = key
            cached_value.value = value
            cache_index.value = cache_index.value + steps
            mask = mask & (jnp.arange(key.shape[1]) < index + steps)
        return key, value, mask

    def __call__(self, x, init_cache: bool = False):
        q, k, v = self.split(self.q_proj(x)), self.split(self.k_proj(x)), self.split(self.v_proj(x))
        size = q.shape[1]
        if self.has_variable("cache", "cached_key"):
            shift = self.variables["cache"]["cache_index"]
            length = self.variables["cache"]["cached_key"].shape[1]
        else:
            shift, length = 0, size
        mask = jnp.arange(length) <= jnp.arange(size)[:, None] + shift
        if self.has_variable("cache", "cached_key") or init_cache:
            k, v, mask = self.concatenate_to_cache(k, v, mask)
        weights = nn.softmax(jnp.where(mask, jnp.einsum("bqhd,bkhd->bhqk", q, k), -1e9))
        y = jnp.einsum("bhqk,bkhd->bqhd", weights, v)
        return self.o_proj(y.reshape(y.shape[:2] + (self.width,)))
"""
AFTER = """\
class Attention(nnx.Module):
    def __init__(
        self,
        in_features: int,
        width: int = 6,
        heads: int = 2,
        *,
        rngs: nnx.Rngs,
    ):
        self.width = width
        self.heads = heads
        self.cached_key = nnx.data(None)
        self.cached_value = nnx.data(None)
        self.cache_index = nnx.data(None)
        self.q_proj = nnx.Linear(in_features, width, rngs=rngs)
        self.k_proj = nnx.Linear(in_features, width, rngs=rngs)
        self.v_proj = nnx.Linear(in_features, width, rngs=rngs)
        self.o_proj = nnx.Linear(width, width, rngs=rngs)

    def split(self, x):
        return x.reshape(x.shape[:2] + (self.heads, self.width // self.heads))

    def concatenate_to_cache(self, key, value, mask):
        # absent while Linen initializes
        is_initialized = self.cached_key is not None
        if self.cached_key is None:
            self.cached_key = nnx.Cache(jnp.zeros(key.shape, key.dtype))
        if self.cached_value is None:
            self.cached_value = nnx.Cache(jnp.zeros(value.shape, value.dtype))
        if self.cache_index is None:
            self.cache_index = nnx.Cache(jnp.array(0, dtype=jnp.int32))

        if is_initialized:
            index, steps = self.cache_index[...], key.shape[1]
            key = lax.dynamic_update_slice(self.cached_key[...], key, (0, index, 0, 0))
            value = lax.dynamic_update_slice(self.cached_value[...], value, (0, index, 0, 0))
            self.cached_key[...] = key
            self.cached_value[...] = value
            self.cache_index[...] = self.cache_index[...] + steps
            mask = mask & (jnp.arange(key.shape[1]) < index + steps)
        return key, value, mask

    def __call__(self, x, init_cache: bool = False):
        q, k, v = self.split(self.q_proj(x)), self.split(self.k_proj(x)), self.split(self.v_proj(x))
        size = q.shape[1]
        if self.cached_key is not None:
            shift = self.cache_index[...]
            length = self.cached_key[...].shape[1]
        else:
            shift, length = 0, size
        mask = jnp.arange(length) <= jnp.arange(size)[:, None] + shift
        if self.cached_key is not None or init_cache:
            k, v, mask = self.concatenate_to_cache(k, v, mask)
        weights = nnx.softmax(jnp.where(mask, jnp.einsum("bqhd,bkhd->bhqk", q, k), -1e9))
        y = jnp.einsum("bhqk,bkhd->bqhd", weights, v)
        return self.o_proj(y.reshape(y.shape[:2] + (self.width,)))
"""
MODEL = (
    _HEAD
    + ATTENTION
    + """

class Block(nn.Module):
    def setup(self):
        self.attention = Attention()
        self.norm = nn.LayerNorm()

    def __call__(self, x, init_cache: bool = False):
        return x + self.attention(self.norm(x), init_cache=init_cache)


class Model(nn.Module):
    @nn.compact
    def __call__(self, x, init_cache: bool = False):
        for i in range(2):
            x = Block(name=f"block_{i}")(x, init_cache)
        return x
"""
)


REMAT = MODEL.replace("Block(name", "nn.remat(Block, static_argnums=(2,))(name")


def test_transformed() -> None:
    nnx_head = _HEAD.replace("linen as nn", "nnx")
    check_transformed(_HEAD + ATTENTION, nnx_head + AFTER)


def test_what_makes_a_cache_is_told() -> None:
    (note,) = (d for d in migrate(MODEL)[1].diagnostics if d.severity is Severity.NOTE)
    assert (note.code, note.subject) == ("MN206", "Attention")


def test_without_a_cache() -> None:
    check_equivalent(MODEL, Call("Model", (6,), inputs=(f32(2, 4, 6),)))


def test_with_a_cache_that_both_sides_have() -> None:
    """The verifier's Linen side has what init stored; a call that asks for the cache makes it in NNX."""
    text, _, mapping = migrate(MODEL)
    linen, twin = load(MODEL), load(text)

    class Started(twin.Model):  # type: ignore[misc, name-defined]
        def __init__(self, *args: Any, **more: Any):
            super().__init__(*args, **more)
            self(jnp.ones((2, 5, 6)), init_cache=True)

    twin.Model = Started
    call = Call("Model", (6,), inputs=(f32(2, 5, 6),), kwargs={"init_cache": True})
    report = compare(linen, twin, mapping, call, samples=2, steps=3)
    assert report.equal, report


Step = Callable[[Any, Any], Any]


def _eager(model: Any, x: Any) -> Any:
    return model(x)


def _split(model: Any, x: Any) -> Any:
    """The state as an argument of jax.jit, as training loops hold it."""
    graphdef, state = nnx.split(model)

    @jax.jit
    def step(state: Any, x: Any) -> Any:
        merged = nnx.merge(graphdef, state)
        return merged(x), nnx.state(merged)

    y, new = step(state, x)
    nnx.update(model, new)
    return y


STEPS: dict[str, Step] = {
    "eager": _eager,
    "graph": nnx.jit(_eager),
    "tree": nnx.jit(_eager, graph=False),  # type: ignore[call-overload]
    "split": _split,
}


@pytest.fixture(scope="module", params=[MODEL, REMAT], ids=["plain", "remat"])
def sides(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    return load(request.param), load(migrate(request.param)[0])


def test_behind_remat() -> None:
    call = (
        "nnx.remat(Block.__call__, static_argnums=(2,), graph=True, graph_updates=True)(block, x, init_cache)"
    )
    assert call in migrate(REMAT)[0]
    check_equivalent(REMAT, Call("Model", (6,), inputs=(f32(2, 4, 6),)))
    with nnx.set_graph_mode(False), nnx.set_graph_updates(False):
        check_equivalent(REMAT, Call("Model", (6,), inputs=(f32(2, 4, 6),)))


def test_made_behind_remat_in_tree_mode() -> None:
    with nnx.set_graph_mode(False), nnx.set_graph_updates(False):
        twin = load(migrate(REMAT)[0]).Model(6, rngs=nnx.Rngs(0))
        twin(jnp.ones((2, 5, 6)), init_cache=True)
    assert len(nnx.to_flat_state(nnx.state(twin, nnx.Cache))) == len(("key", "value", "index")) * len(
        twin.block
    )


@pytest.mark.parametrize("name", STEPS)
def test_decoding_step_by_step(name: str, sides: tuple[Any, Any]) -> None:
    linen, twin = sides[0].Model(), sides[1].Model(6, rngs=nnx.Rngs(0))
    xs = jax.random.normal(jax.random.key(1), (2, 5, 6))
    params = _random(linen.init(jax.random.key(0), xs)["params"])
    state = nnx.state(twin, nnx.Param)
    nnx.replace_by_pure_dict(state, {"block": {i: params[f"block_{i}"] for i in range(2)}})
    nnx.update(twin, state)
    _, cache = linen.apply({"params": params}, xs, init_cache=True, mutable=["cache"])
    assert not nnx.state(twin, nnx.Cache)
    np.testing.assert_array_equal(twin(xs, init_cache=True), linen.apply({"params": params}, xs))
    theirs_step = partial(linen.apply, mutable=["cache"])
    if name != "eager":
        theirs_step = jax.jit(theirs_step)
    for i in (0, 1, 2, 4):
        x = xs[:, i : i + 1]
        y, cache = theirs_step({"params": params} | cache, x)
        np.testing.assert_array_equal(STEPS[name](twin, x), y)
        ours, theirs = jax.tree.leaves(nnx.state(twin, nnx.Cache)), jax.tree.leaves(cache)
        jax.tree.map(np.testing.assert_array_equal, ours, theirs)


def _random(tree: Any) -> Any:
    leaves, structure = jax.tree.flatten(tree)
    keys = jax.random.split(jax.random.key(7), len(leaves))
    return structure.unflatten(jax.random.normal(k, v.shape) for k, v in zip(keys, leaves, strict=True))


def _cached(body: str, helper: str, more: str = "") -> str:
    return f"""\
class L(nn.Module):
    def setup(self):
        self.d = nn.Dense(3)

    @nn.compact
    def helper(self, x):
{helper}
    def __call__(self, x, init_cache=False):
        x = self.d(x)
{body}        return x
{more}"""


_ASKED = """\
        if self.has_variable("cache", "c") or init_cache:
            x = self.helper(x)
"""
_MADE = """\
        c = self.variable("cache", "c", jnp.zeros, x.shape)
        c.value += x
        return c.value
"""
_LIFTED = """

class M(nn.Module):
    @nn.compact
    def __call__(self, x):
        return {}(L)()(x, True)
"""
REFUSED = (
    Refusal("on-an-argument-alone", "MN206", _cached("        if init_cache:\n            x = self.helper(x)\n", '        self.has_variable("cache", "c")\n' + _MADE)),
    Refusal("otherwise", "MN206", _cached('        if self.has_variable("cache", "c") or init_cache:\n            x = x + 1\n        else:\n            x = self.helper(x)\n', _MADE)),
    Refusal("another-collection", "MN206", _cached('        if self.has_variable("other", "c") or init_cache:\n            x = self.helper(x)\n', _MADE)),
    Refusal("part-of-an-expression", "MN206", _cached(_ASKED, '        return x + self.variable("cache", "c", jnp.zeros, x.shape).value\n')),
    Refusal("an-unknown-name", "MN206", _cached(_ASKED.replace('"c"', '"d"'), _MADE)),
    Refusal("looked-up-without-being-declared", "MN103", _cached(_ASKED + '        x = x + self.variables["cache"]["d"]\n', _MADE)),
    Refusal("all-variables", "MN103", _cached(_ASKED + "        x = x * len(self.variables)\n", _MADE)),
    Refusal("behind-jit", "MN206", _cached(_ASKED, _MADE, _LIFTED.format("nn.jit"))),
    Refusal("in-an-ensemble", "MN206", _cached(_ASKED, _MADE, _LIFTED.format("nn.vmap").replace("(L)", '(L, variable_axes={"params": 0, "cache": 0}, split_rngs={"params": True}, in_axes=(0, None), axis_size=2)'))),
    Refusal("a-transformed-call", "MN206", _cached(_ASKED, _MADE).replace("    def __call__", "    @nn.jit\n    def __call__")),
)  # fmt: skip


def test_what_every_call_makes_is_there_from_the_start() -> None:
    body = '        y = 2 if self.has_variable("cache", "c") else 1\n        x = y * self.helper(x)\n'
    check_equivalent(with_header(_cached(body, _MADE)), Call("L", ((4, 3), 6), inputs=(f32(4, 6),)))


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    before = with_header(refusal.before)
    if "class M" in before:
        text, file, _ = migrate(before)
        assert {d.code for d in file.diagnostics if d.subject == "M"} == {refusal.code}
        assert "class M(nn.Module)" in text
    else:
        check_refused(before, refusal.code)


@pytest.mark.parametrize(
    ("given", "stays"),
    [("", False), (", init_cache=False", False), (", init_cache=True", True), (", True", True)],
)
def test_an_init_that_asks_for_the_cache_has_no_call_in_its_place(given: str, stays: bool) -> None:
    """Without it, the steps that a script takes would run without a cache."""
    script = (
        "\n\nmodel = Attention(6)\n"
        f"variables = model.init(jax.random.key(0), jnp.ones((2, 5, 6)){given})\n"
        "y = model.apply(variables, jnp.ones((2, 5, 6)))\n"
    )
    text, file, _ = migrate(_HEAD + ATTENTION + script)
    assert ("class Attention(nn.Module)" in text) is stays
    assert ("MN301" in {d.code for d in refusals(file)}) is stays
