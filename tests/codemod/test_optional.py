# ruff: noqa: E501
"""Arguments that may be None, with another one in their place: each has a size of its own."""

import pytest

from .check import (
    HEADER,
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

ATTENTION = """\
class Attention(nn.Module):
    dim: int

    @nn.compact
    def __call__(self, x, context=None):
        context = x if context is None else context
        k = nn.Dense(self.dim, name="k")(context)
        w = nn.softmax(nn.Dense(self.dim, name="q")(x) @ k.mT)
        return w @ nn.Dense(x.shape[-1], name="v")(context)
"""
NNX_ATTENTION = """\
class Attention(nnx.Module):
    def __init__(
        self,
        in_features: int,
        context_features: int,
        dim: int,
        *,
        rngs: nnx.Rngs,
    ):
        self.k = nnx.Linear(context_features, dim, rngs=rngs)
        self.q = nnx.Linear(in_features, dim, rngs=rngs)
        self.v = nnx.Linear(context_features, in_features, rngs=rngs)

    def __call__(self, x, context=None):
        context = x if context is None else context
        k = self.k(context)
        w = nnx.softmax(self.q(x) @ k.mT)
        return w @ self.v(context)
"""
STATEMENT = """\
class Both(nn.Module):
    dim: int

    @nn.compact
    def __call__(self, x, kv=None):
        if kv is not None:
            pass
        else:
            kv = x
        return nn.Dense(self.dim)(x).sum() + nn.Dense(self.dim)(kv).sum()
"""
BLOCK = """\
class Block(nn.Module):
    dim: int = 4

    @nn.compact
    def __call__(self, x, memory):
        x = x + Attention(self.dim)(nn.LayerNorm()(x))
        x = x + Attention(self.dim)(x, memory)
        return x + Both(self.dim)(x) + Both(3)(x, kv=memory) + Both(2)(x, None)
"""
_X, _OTHER = f32(2, 3, 6), f32(2, 4, 5)


def test_transformed() -> None:
    check_transformed(
        HEADER + ATTENTION,
        HEADER.replace("from flax import linen as nn", "from flax import nnx") + NNX_ATTENTION,
    )


def test_computes_the_same() -> None:
    calls = (
        Call("Attention", (6, 6), {"dim": 4}, (_X,)),
        Call("Attention", (6, 5), {"dim": 4}, (_X, _OTHER)),
        Call("Both", (6, 5), {"dim": 4}, (_X, _OTHER)),
        Call("Both", (6, 6), {"dim": 4}, (_X,)),
        Call("Block", (6, 5), {}, (_X, _OTHER)),
    )
    check_equivalent(HEADER + "\n\n".join((ATTENTION, STATEMENT, BLOCK)), *calls)


@pytest.mark.parametrize(
    ("given", "sizes"),
    [
        ("x", "6, 6"),
        ("x, None", "6, 6"),
        ("x, context=None", "6, 6"),
        ("x, jnp.ones((2, 4, 5))", "6, 5"),
        ("x, context=y", "6, y.shape[-1]"),
    ],
)
def test_scripts_pass_the_size_of_what_stands_in(given: str, sizes: str) -> None:
    script = (
        f"y = jnp.ones((2, 4, 5))\nmodel = Attention(4)\nparams = model.init(jax.random.key(0), {given})\n"
    )
    text, file, _ = migrate(
        HEADER
        + ATTENTION
        + "\n\n"
        + script.replace("x,", "jnp.ones((2, 3, 6)),").replace(", x)", ", jnp.ones((2, 3, 6)))")
    )
    assert not [d for d in file.diagnostics if d.severity.value != "note"], file.diagnostics
    assert f"model = Attention({sizes}, 4, rngs=nnx.Rngs(0))" in text


_BODY = "class L(nn.Module):\n    @nn.compact\n    def __call__(self, x, y=None):\n        "
REFUSED = (
    Refusal("something-else-stands-in", "MN108", _BODY + "y = x.sum() if y is None else y * x\n        return nn.Dense(3)(y)\n"),
    Refusal("two-stand-in", "MN108", _BODY + "z = x if y is None else y\n        w = x[..., None] if y is None else y\n        return nn.Dense(3)(z) + nn.Dense(3)(w)\n\n\nclass P(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return L()(x)\n"),
)  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(HEADER + case.before, case.code)


def test_what_a_parent_hands_on_without_having_it_is_not_known() -> None:
    parents = """\
class P(nn.Module):
    @nn.compact
    def __call__(self, x, y=None):
        return Attention(3)(x, y)


class Q(nn.Module):
    @nn.compact
    def __call__(self, x):
        return P()(x)
"""
    _, file, _ = migrate(HEADER + ATTENTION + "\n\n" + parents)
    assert ("MN108", "Q") in {(d.code, d.subject) for d in refusals(file)}
