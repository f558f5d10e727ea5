"""A layer that replaces its argument by an array of the same shape: its callers still know the sizes."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_transformed,
    f32,
    migrate,
    name_of,
    refusals,
)

SOURCE = """\
def reduced(x):
    return jax.lax.reduce_precision(x, 8, 7)


class Norm(nn.Module):
    exact: bool = True

    @nn.compact
    def __call__(self, x):
        if not self.exact:
            x = reduced(x)
        x = x * jax.lax.rsqrt(jnp.mean(jnp.square(x), axis=-1, keepdims=True) + 1e-6)
        scale = self.param("scale", nn.initializers.ones, (x.shape[-1],))
        return x * scale.reshape((1,) * (x.ndim - 1) + scale.shape)


class Model(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Norm(exact=False)(nn.Dense(6)(x))
"""
NNX = """\
def reduced(x):
    return jax.lax.reduce_precision(x, 8, 7)


class Norm(nnx.Module):
    def __init__(self, in_features: int, exact: bool = True, *, rngs: nnx.Rngs):
        self.exact = exact
        self.scale = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))

    def __call__(self, x):
        if not self.exact:
            x = reduced(x)
        x = x * jax.lax.rsqrt(jnp.mean(jnp.square(x), axis=-1, keepdims=True) + 1e-6)
        return x * self.scale[...].reshape((1,) * (x.ndim - 1) + self.scale.shape)


class Model(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.norm_0 = Norm(6, exact=False, rngs=rngs)
        self.dense_0 = nnx.Linear(in_features, 6, rngs=rngs)

    def __call__(self, x):
        return self.norm_0(self.dense_0(x))
"""


def test_transformed() -> None:
    check_transformed(HEADER + SOURCE, NNX_HEADER + NNX)


def test_computes_the_same() -> None:
    check_equivalent(HEADER + SOURCE, Call("Model", (5,), {}, (f32(2, 3, 5),)))


def test_a_whole_shape() -> None:
    norm = "        x = x * jax.lax.rsqrt(jnp.mean(jnp.square(x), axis=-1, keepdims=True) + 1e-6)\n"
    source = HEADER + SOURCE.replace(norm, "").replace("(x.shape[-1],)", "x.shape[1:]")
    source = source.replace(
        "return Norm(exact=False)(nn.Dense(6)(x))", "b, n, d = x.shape\n        return Norm()(x)"
    )
    check_equivalent(source, Call("Model", ((2, 3, 5),), {}, (f32(2, 3, 5),)))


def _after(line: str) -> str:
    """The layer with `line` in front of the one that takes the size."""
    return HEADER + SOURCE.replace("        scale =", f"        {line}\n        scale =")


REFUSED = (
    Refusal("another-size", "MN108", _after("x = jnp.concatenate([x, x], -1)")),
    Refusal("axes-that-change-places", "MN108", _after("x = jnp.swapaxes(x, -1, -2)")),
    Refusal("what-is-not-known", "MN108", _after("x = jnp.asarray(sorted(x))")),
    Refusal("on-one-side-alone", "MN108", _after("x = x if self.exact else x[..., :2]")),
)


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_the_size_is_another_then(refusal: Refusal) -> None:
    _, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file) if d.subject == "Model"}, file.diagnostics
