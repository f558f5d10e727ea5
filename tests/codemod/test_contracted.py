"""Products whose equation is an argument of a method, as who calls it says it; and arrays that are bound anew."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    refusals,
    run_in_tree_mode,
)
from .check import load as loaded
from .check import migrate as migrated

_EINSUM = """\
class Einsum(nn.Module):
    shape: tuple[int, ...]
    scale: float | None = None

    @nn.compact
    def __call__(self, equation: str, x):
        w = self.param("w", nn.initializers.normal(), self.shape)
        if self.scale:
            w *= self.scale
        return jnp.einsum(equation, x, w)


"""
_ATTEND = """\
class Attend(nn.Module):
    heads: int
    depth: int
    features: int

    def setup(self):
        self.both = Einsum((2, self.heads, self.features, self.depth))
        self.out = Einsum(shape=(self.heads, self.depth, self.features), scale=0.5)
        self.norm = nn.LayerNorm()
        self.head = nn.Dense(2)

    def __call__(self, x):
        {both}
        y = self.out("BTNH,NHD->BTD", self.norm(query) * key)
        return self.head(y)
"""
_BOTH = 'query, key = self.both("BTD,SNDH->SBTNH", x)'
_NNX = """\
class Einsum(nnx.Module):
    def __init__(
        self,
        shape: tuple[int, ...],
        scale: float | None = None,
        *,
        rngs: nnx.Rngs,
    ):
        self.scale = scale
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), shape))

    def __call__(self, equation: str, x):
        w = self.w[...]
        if self.scale:
            w *= self.scale
        return jnp.einsum(equation, x, w)


class Attend(nnx.Module):
    def __init__(self, heads: int, depth: int, features: int, *, rngs: nnx.Rngs):
        self.both = Einsum((2, heads, features, depth), rngs=rngs)
        self.out = Einsum(shape=(heads, depth, features), scale=0.5, rngs=rngs)
        self.norm = nnx.LayerNorm(depth, rngs=rngs)
        self.head = nnx.Linear(features, 2, rngs=rngs)

    def __call__(self, x):
        query, key = self.both("BTD,SNDH->SBTNH", x)
        y = self.out("BTNH,NHD->BTD", self.norm(query) * key)
        return self.head(y)
"""
_CALL = Call("Attend", (), {"heads": 2, "depth": 3, "features": 5}, (f32(2, 4, 5),))


def _model(both: str = _BOTH, einsum: str = _EINSUM) -> str:
    return HEADER + einsum + _ATTEND.format(both=both)


def test_the_call_says_the_equation() -> None:
    check_transformed(_model(), NNX_HEADER + _NNX)


def test_both_compute_the_same() -> None:
    check_equivalent(_model(), _CALL)
    run_in_tree_mode(loaded(migrated(_model())[0]), _CALL)


@pytest.mark.parametrize(
    "both",
    [
        "query, key = self.both(equation_of(x), x)",
        'query, key = self.both("BTD," + "SNDH->SBTNH", x)',
        "query, key = self.both(x=x, equation=HOW)",
        'query, key = self.both("BTD,SNDH", x)',
    ],
)
def test_what_nobody_says_is_refused(both: str) -> None:
    _check_left(_model(both))


@pytest.mark.parametrize(
    ("line", "equation"),
    [
        ("equation = equation.lower()\n        return", "equation"),
        ("for _ in x:\n            equation += ' '\n        return", "equation"),
        ("return", "equation + ' '"),
        ("return", "equation[4:]"),
    ],
)
def test_an_equation_that_changes_is_refused(line: str, equation: str) -> None:
    einsum = _EINSUM.replace("return", line).replace("einsum(equation", f"einsum({equation}")
    _check_left(_model(einsum=einsum))


def _check_left(before: str) -> None:
    text, file, _ = migrated(before)
    assert "class Attend(nn.Module)" in text
    assert {d.code for d in refusals(file) if d.subject == "Attend"} == {"MN108"}


_SCALE = """\
class Scale(nn.Module):
    rounded: bool = False

    @nn.compact
    def __call__(self, x):
        if self.rounded:
            x = {rounded}
        scale = self.param("scale", nn.initializers.zeros, (x.shape[-1],))
        return x * (1 + scale)


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.Dense(4)(x)
        return Scale(True)(x)
"""
_SCALE_NNX = """\
class Scale(nnx.Module):
    def __init__(self, in_features: int, rounded: bool = False, *, rngs: nnx.Rngs):
        self.rounded = rounded
        self.scale = nnx.Param(nnx.initializers.zeros(rngs.params(), (in_features,)))

    def __call__(self, x):
        if self.rounded:
            x = jax.lax.reduce_precision(x, 8, 10)
        return x * (1 + self.scale)


class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, 4, rngs=rngs)
        self.scale_0 = Scale(4, True, rngs=rngs)

    def __call__(self, x):
        x = self.dense_0(x)
        return self.scale_0(x)
"""


def test_an_array_that_is_bound_anew_keeps_its_size() -> None:
    before = HEADER + _SCALE.format(rounded="jax.lax.reduce_precision(x, 8, 10)")
    check_transformed(before, NNX_HEADER + _SCALE_NNX)
    check_equivalent(before, Call("Net", (5,), inputs=(f32(2, 5),)))


@pytest.mark.parametrize("rounded", ["strange(x)", "x[..., 1:]", "jnp.concatenate([x, x], axis=-1)"])
def test_one_that_may_have_another_is_refused(rounded: str) -> None:
    check_refused(HEADER + _SCALE.format(rounded=rounded), "MN108")
