"""What `with jax.ensure_compile_time_eval():` computes of sizes is computed so in the constructor too."""

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

SOURCE = """\
class Masked(nn.Module):
    degree: int = 2

    @nn.compact
    def __call__(self, x):
        d = x.shape[-1]
        with jax.ensure_compile_time_eval():
            places = jnp.arange(d)
            mask = places % self.degree  # of the kernel
            if self.degree > 2:
                scale = 1.0 / self.degree
            else:
                scale = mask.sum() / d
            shift = jnp.repeat(places, 2)[::2]

        def init(key, shape):
            return scale * mask[:, None] * jax.random.normal(key, shape)

        return x @ self.param("kernel", init, (d, 3)) + shift.sum()
"""
NNX = """\
class Masked(nnx.Module):
    def __init__(self, d: int, degree: int = 2, *, rngs: nnx.Rngs):
        with jax.ensure_compile_time_eval():
            places = jnp.arange(d)
            mask = places % degree  # of the kernel
            if degree > 2:
                scale = 1.0 / degree
            else:
                scale = mask.sum() / d
        def init(key, shape):
            return scale * mask[:, None] * jax.random.normal(key, shape)
        self.kernel = nnx.Param(init(rngs.params(), (d, 3)))

    def __call__(self, x):
        d = x.shape[-1]
        with jax.ensure_compile_time_eval():
            places = jnp.arange(d)
            shift = jnp.repeat(places, 2)[::2]

        return x @ self.kernel + shift.sum()
"""


def test_transformed() -> None:
    check_transformed(HEADER + SOURCE, NNX_HEADER + NNX)


def test_computes_the_same() -> None:
    calls = (Call("Masked", (4,), {"degree": degree}, (f32(2, 4),)) for degree in (2, 3))
    check_equivalent(HEADER + SOURCE, *calls)


def test_a_variable_that_is_declared_in_it() -> None:
    inside = (
        "            kernel = self.param('w', nn.initializers.normal(), (d, 3))\n            places = jnp"
    )
    source = SOURCE.replace("            places = jnp", inside).replace(
        "return x @", "return x @ kernel + x @"
    )
    check_equivalent(HEADER + source, Call("Masked", (4,), {}, (f32(2, 4),)))


_WITH = "with jax.ensure_compile_time_eval():"
OTHERS = (
    "with jax.disable_jit():",
    'with open("x") as file:',
)
REFUSED = tuple(Refusal(other, "MN201", HEADER + SOURCE.replace(_WITH, other)) for other in OTHERS)


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_other_blocks_do_more(refusal: Refusal) -> None:
    check_refused(refusal.before, refusal.code)
