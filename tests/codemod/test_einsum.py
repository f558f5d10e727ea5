"""nn.Einsum has a bias for the axes of the kernel that are left: NNX is told its shape, which the equation says."""

import jax.numpy as jnp
import numpy as np
import pytest

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_refused, check_transformed, f32

BEFORE = """
class Net(nn.Module):
    width: int
    heads: int = 2
    bias: bool = True

    @nn.compact
    def __call__(self, x):
        x = nn.Einsum((self.heads, x.shape[-1], self.width), "btd,hdk->btkh")(x)
        x = nn.Einsum(einsum_str="btkh,hkd->btd", shape=(self.heads, self.width, 5), use_bias=False, name="out")(x)
        x = nn.Einsum((5, 4), "...d,df->...f", use_bias=self.bias, kernel_init=nn.initializers.ones)(x)
        return nn.Dense(3)(x)
"""
AFTER = """
class Net(nnx.Module):
    def __init__(self, in_features: int, width: int, heads: int = 2, bias: bool = True, *, rngs: nnx.Rngs):
        self.einsum_0 = nnx.Einsum("btd,hdk->btkh", (heads, in_features, width), (width, heads), rngs=rngs)
        self.out = nnx.Einsum("btkh,hkd->btd", (heads, width, 5), rngs=rngs)
        self.einsum_1 = nnx.Einsum(
            "...d,df->...f", (5, 4), (4,) if bias else None, kernel_init=nnx.initializers.ones, rngs=rngs
        )
        self.dense_0 = nnx.Linear(4, 3, rngs=rngs)

    def __call__(self, x):
        x = self.einsum_0(x)
        x = self.out(x)
        x = self.einsum_1(x)
        return self.dense_0(x)
"""
SETUP = """
class Net(nn.Module):
    dtype: object = None

    def setup(self):
        self.up = nn.Einsum((4, 3), "bd, df -> bf", dtype=self.dtype)
        self.head = nn.Dense(2)

    def __call__(self, x):
        return self.head(self.up(x))
"""


def test_the_shape_of_the_bias_follows_from_the_equation() -> None:
    check_transformed(HEADER + BEFORE, NNX_HEADER + AFTER, line_length=110)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("heads", [2, 3])
def test_it_computes_the_same(bias: bool, heads: int) -> None:
    arguments = {"width": 4, "heads": heads, "bias": bias}
    check_equivalent(HEADER + BEFORE, Call("Net", (6,), arguments, (f32(2, 3, 6),)))


@pytest.mark.parametrize("dtype", [None, jnp.bfloat16, np.float16])
def test_in_setup_and_with_a_dtype(dtype: object) -> None:
    check_equivalent(HEADER + SETUP, Call("Net", (), {"dtype": dtype}, (f32(2, 4),)))


REFUSED = {
    "the call has the equation": ('nn.Einsum((4, 3))(x, "bd,df->bf")', "MN101"),
    "an equation that nobody knows": ("nn.Einsum((4, 3), self.equation)(x)", "MN108"),
    "a shape that nobody knows": ('nn.Einsum(self.shape, "bd,df->bf")(x)', "MN108"),
    "axes of the kernel without letters": ('nn.Einsum((4, 3), "bd,...f->bf")(x)', "MN108"),
    "other letters than axes": ('nn.Einsum((4, 3), "bd,dfg->bf")(x)', "MN108"),
}


@pytest.mark.parametrize(("made", "code"), REFUSED.values(), ids=REFUSED)
def test_what_the_source_does_not_tell_is_refused(made: str, code: str) -> None:
    fields = "    equation: str\n    shape: tuple\n\n"
    head = f"\nclass Net(nn.Module):\n{fields}    @nn.compact\n    def __call__(self, x):\n"
    check_refused(f"{HEADER}{head}        return {made}\n", code)
