"""Functions that `jax.vmap` runs on the parts of arrays: what they give has the size of a layer behind them."""

import pytest
from flax import nnx
from migrate_norm.equivalence import InputSpec

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

_X, _N = f32(3, 5, 6), InputSpec("int32", (3,))
_FLIP = """\
@jax.vmap
def flip(x, n):
    return jnp.flip(jnp.roll(x, x.shape[0] - n, axis=0), axis=0)


"""
_ONE = """\
def flip_one(x, n):
    return jnp.flip(jnp.roll(x, x.shape[0] - n, axis=0), axis=0)


flip = jax.vmap(flip_one, in_axes=(0, 0))


"""
_BEFORE = """\
class L(nn.Module):
    f: int = 4

    @nn.compact
    def __call__(self, x, n):
        y = nn.Dense(self.f)({0})
        return x, y
"""
_AFTER = """\
class L(nnx.Module):
    def __init__(self, in_features: int, f: int = 4, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, f, rngs=rngs)

    def __call__(self, x, n):
        y = self.dense_0({0})
        return x, y
"""


def _case(name: str, spelled: str, around: str = "") -> Case:
    inputs = (_X, _N)
    return Case(
        name,
        around + _BEFORE.format(spelled),
        around + _AFTER.format(spelled),
        (Call("L", (6,), {}, inputs),),
    )


TRANSFORMED = (
    _case("decorated", "flip(x, n)", _FLIP),
    _case("given-a-name", "flip(x, n)", _ONE),
    _case("called-there", "jax.vmap(flip_one)(x, n)", _ONE),
    _case("a-lambda", "jax.vmap(lambda z, k: z * k)(x, n)"),
    _case("one-within-the-other", "jax.vmap(jax.vmap(lambda z: z - z.mean()))(x)"),
    Case(
        "of-a-mask",
        """\
def mask_of(n, length):
    return jnp.arange(length)[None] < n[:, None]


class Scores(nn.Module):
    @nn.compact
    def __call__(self, x, mask):
        scores = nn.Dense(1, name="energy")(x).squeeze(-1)
        return nn.softmax(jnp.where(mask, scores, -jnp.inf), axis=-1)


class L(nn.Module):
    def setup(self):
        self.scores = Scores()
        self.out = nn.Dense(4)

    def __call__(self, x, n):
        scores = self.scores(x, mask_of(n % 5 + 1, x.shape[1]))
        context = jnp.expand_dims(scores, 1) @ x
        return self.out(context.squeeze(1))
""",
        """\
def mask_of(n, length):
    return jnp.arange(length)[None] < n[:, None]


class Scores(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.energy = nnx.Linear(in_features, 1, rngs=rngs)

    def __call__(self, x, mask):
        scores = self.energy(x).squeeze(-1)
        return nnx.softmax(jnp.where(mask, scores, -jnp.inf), axis=-1)


class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.scores = Scores(in_features, rngs=rngs)
        self.out = nnx.Linear(in_features, 4, rngs=rngs)

    def __call__(self, x, n):
        scores = self.scores(x, mask_of(n % 5 + 1, x.shape[1]))
        context = jnp.expand_dims(scores, 1) @ x
        return self.out(context.squeeze(1))
""",
        (Call("L", (6,), {}, (_X, _N)),),
    ),
)


def _decorated(body: str, decorator: str = "jax.vmap") -> str:
    return f"@{decorator}\ndef flip(x, n):\n    return {body}\n\n\n" + _BEFORE.format("flip(x, n)")


REFUSED = (
    Refusal("a-number-at-the-end", "MN108", _decorated("jnp.concatenate([x, n[None]], -1)")),
    Refusal("an-axis-that-may-be-the-last", "MN108", _decorated("x[:, None]")),
    Refusal("the-last-axis", "MN108", _decorated("x * n", "partial(jax.vmap, in_axes=(-1, 0))")),
    Refusal("axes-that-are-not-written-out", "MN108", _decorated("x * n", "partial(jax.vmap, in_axes=AXES)")),
    Refusal("a-name-of-an-axis", "MN108", _decorated("x * n", 'partial(jax.vmap, axis_name="i")')),
    Refusal("another-decorator-above", "MN108", "@other\n" + _decorated("x * n")),
    Refusal("bound-twice", "MN108", _ONE + "flip = other(flip_one)\n\n\n" + _BEFORE.format("flip(x, n)")),
)


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
