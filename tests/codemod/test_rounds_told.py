"""nn.vmap without `axis_size`: the method puts together what is taken apart, and says how many."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    name_of,
)

_X = f32(4, 3)
_SOURCE = """\
class Ensemble(nn.Module):
    members: int = 3

    @nn.compact
    def __call__(self, x):
        xs = {given}
        return nn.vmap(
            nn.Dense,
            in_axes=(0),
            variable_axes={{"params": 0}},  # one for each
            split_rngs={{"params": True}},
        )(2)(xs)
"""
_AFTER = """\
class Ensemble(nnx.Module):
    def __init__(self, in_features: int, members: int = 3, *, rngs: nnx.Rngs):
        self.members = members
        @nnx.split_rngs(splits=members)
        @nnx.vmap(in_axes=0, out_axes=0)
        def create(rngs: nnx.Rngs):
            return nnx.Linear(in_features, 2, rngs=rngs)

        self.vmap_dense_0 = create(rngs)

    def __call__(self, x):
        xs = jnp.broadcast_to(x, (self.members, *x.shape))

        @nnx.vmap(in_axes=(0, 0), out_axes=0)
        def call(dense, x):
            return dense(x)

        return call(self.vmap_dense_0, xs)
"""
_SCALE = """\
class Scale(nn.Module):
    @nn.compact
    def __call__(self, x):
        return x * self.param("w", nn.initializers.normal(), (3,))


"""
_TOLD = [
    "jnp.broadcast_to(x, (self.members, *x.shape))",
    "jnp.broadcast_to(x, (2, 4, 3))",
    "jnp.repeat(x[None], self.members, axis=0)",
    "jnp.repeat(x[None, :], 2, axis=0)",
    "jnp.stack([x, 2 * x])",
    "jnp.stack([x] * self.members)",
]
_LOCAL = """\
class Ensemble(nn.Module):
    @nn.compact
    def __call__(self, x):
        Members = nn.vmap(Scale, variable_axes={"params": 0}, split_rngs={"params": True})
        members = Members()
        x = members(jnp.stack([x, 2 * x]))[0]
        return members(jnp.stack([x, x]))
"""


def _of_scale(given: str) -> str:
    return (
        HEADER
        + _SCALE
        + _SOURCE.format(given=given).replace("nn.Dense", "Scale").replace("(2)(xs)", "()(xs)")
    )


def test_is_migrated() -> None:
    check_transformed(HEADER + _SOURCE.format(given=_TOLD[0]), NNX_HEADER + _AFTER)


@pytest.mark.parametrize("given", _TOLD)
def test_computes_the_same(given: str) -> None:
    check_equivalent(_of_scale(given), Call("Ensemble", inputs=(_X,)))


def test_computes_the_same_with_sizes() -> None:
    check_equivalent(HEADER + _SOURCE.format(given=_TOLD[0]), Call("Ensemble", (3,), inputs=(_X,)))


def test_computes_the_same_by_way_of_locals() -> None:
    check_equivalent(HEADER + _SCALE + _LOCAL, Call("Ensemble", inputs=(_X,)))


REFUSED = (
    Refusal("size-of-the-input", "MN102", _of_scale("jnp.broadcast_to(x, (x.shape[0], 4, 3))")),
    Refusal("zero", "MN102", _of_scale("jnp.broadcast_to(x, (0, 4, 3))")),
    Refusal("along-another-axis", "MN102", _of_scale("jnp.repeat(x[None], 3, axis=1)")),
    Refusal("no-new-axis", "MN102", _of_scale("jnp.repeat(x, 3, axis=0)")),
    Refusal("stacked-behind", "MN102", _of_scale("jnp.stack([x, x], 1)")),
    Refusal("of-another-package", "MN102", _of_scale("broadcast_to(x, (3, 4, 3))")),
    Refusal("bound-twice", "MN102", _of_scale("x\n        xs = jnp.stack([x, x])")),
    Refusal("other-axis", "MN102", _of_scale("jnp.stack([x, x])").replace("(0)", "1")),
    Refusal("several-numbers", "MN102", HEADER + _SCALE + _LOCAL.replace("[x, x]", "[x, x, x]")),
    Refusal("one-is-not-known", "MN102", HEADER + _SCALE + _LOCAL.replace("jnp.stack([x, x])", "x[None]")),
)


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_is_refused(case: Refusal) -> None:
    check_refused(case.before, case.code)
