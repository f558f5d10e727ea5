# ruff: noqa: E501
"""Classes whose arguments say the shape of what they give: the equation of a product, the shape of its matrix."""

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

EINSUM = """\
class Einsum(nn.Module):
    shape: tuple[int, ...]
    bias: tuple[int, ...]
    equation: str = "...td,df->...tf"

    def setup(self):
        self.w = self.param("w", nn.initializers.normal(), tuple(self.shape))
        self.b = self.param("b", nn.initializers.zeros, tuple(self.bias))

    def __call__(self, x):
        x, w, b = nn.dtypes.promote_dtype(x, self.w, self.b, dtype=jnp.float32)
        return jnp.einsum(self.equation, x, w) + b


"""
BLOCK = """\
class Block(nn.Module):
    width: int
    wide: int = 6

    def setup(self):
        self.up = Einsum((2, self.width, self.wide), (2, 1, 1, self.wide), "...td,cdf->c...tf")
        self.down = nn.Dense(self.width)

    def __call__(self, x):
        gate, value = self.up(x)[0], self.up(x)[1]
        return self.down(nn.gelu(gate) * value)


"""
NNX = """\
class Einsum(nnx.Module):
    def __init__(
        self,
        shape: tuple[int, ...],
        bias: tuple[int, ...],
        equation: str = "...td,df->...tf",
        *,
        rngs: nnx.Rngs,
    ):
        self.equation = equation
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), tuple(shape)))
        self.b = nnx.Param(nnx.initializers.zeros(rngs.params(), tuple(bias)))

    def __call__(self, x):
        x, w, b = nnx.nn.dtypes.promote_dtype((x, self.w[...], self.b[...]), dtype=jnp.float32)
        return jnp.einsum(self.equation, x, w) + b


class Block(nnx.Module):
    def __init__(self, width: int, wide: int = 6, *, rngs: nnx.Rngs):
        self.up = Einsum(
            (2, width, wide), (2, 1, 1, wide), "...td,cdf->c...tf", rngs=rngs
        )
        self.down = nnx.Linear(wide, width, rngs=rngs)

    def __call__(self, x):
        gate, value = self.up(x)[0], self.up(x)[1]
        return self.down(nnx.gelu(gate) * value)


"""
FORMS = """\
class Turned(nn.Module):
    width: int = 5

    @nn.compact
    def __call__(self, x):
        head = nn.Dense(3)(Einsum((self.width, 4), (4,), "btd,df->btf")(x))
        back = nn.Dense(2)(Einsum((4, 4), (4, 1), "btd,ft->bfd")(jnp.ones((2, 4, 5))))
        return head.sum() + back.sum()
"""
CALLED = """\
class Product(nn.Module):
    shape: tuple[int, ...]
    w_scale: float | None = None

    @nn.compact
    def __call__(self, eqn: str, x):
        w = self.param("w", nn.initializers.normal(), self.shape)
        if self.w_scale:
            w *= self.w_scale
        return jnp.einsum(eqn, x, w)


class Gated(nn.Module):
    wide: int = 6

    @nn.compact
    def __call__(self, x):
        gate, value = Product((2, 5, self.wide), w_scale=0.5)("btd,cdf->cbtf", x)
        y = nn.LayerNorm()(gate) * nn.RMSNorm()(value)
        return nn.LayerNorm()(Product((self.wide, 4))(x=y, eqn="...f,fd->...d"))
"""
CALLED_NNX = """\
class Product(nnx.Module):
    def __init__(
        self,
        shape: tuple[int, ...],
        w_scale: float | None = None,
        *,
        rngs: nnx.Rngs,
    ):
        self.w_scale = w_scale
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), shape))

    def __call__(self, eqn: str, x):
        w = self.w[...]
        if self.w_scale:
            w *= self.w_scale
        return jnp.einsum(eqn, x, w)


class Gated(nnx.Module):
    def __init__(self, wide: int = 6, *, rngs: nnx.Rngs):
        self.product_0 = Product((2, 5, wide), w_scale=0.5, rngs=rngs)
        self.layer_norm_0 = nnx.LayerNorm(wide, rngs=rngs)
        self.rms_norm_0 = nnx.RMSNorm(wide, rngs=rngs)
        self.layer_norm_1 = nnx.LayerNorm(4, rngs=rngs)
        self.product_1 = Product((wide, 4), rngs=rngs)

    def __call__(self, x):
        gate, value = self.product_0("btd,cdf->cbtf", x)
        y = self.layer_norm_0(gate) * self.rms_norm_0(value)
        return self.layer_norm_1(self.product_1(x=y, eqn="...f,fd->...d"))
"""
_X = f32(2, 3, 5)


def test_transformed() -> None:
    check_transformed(HEADER + EINSUM + BLOCK, NNX_HEADER + NNX)


def test_a_string_of_the_call() -> None:
    check_transformed(HEADER + CALLED, NNX_HEADER + CALLED_NNX)
    check_equivalent(HEADER + CALLED, Call("Gated", (), {"wide": 4}, (_X,)))


def test_computes_the_same() -> None:
    source = HEADER + EINSUM + BLOCK + FORMS
    check_equivalent(source, Call("Block", (), {"width": 5}, (_X,)), Call("Turned", (), {}, (_X,)))


def _block(old: str, new: str) -> str:
    assert old in EINSUM + BLOCK
    return HEADER + (EINSUM + BLOCK).replace(old, new)


_EQUATION = '"...td,cdf->c...tf")'
_EQN = '"...f,fd->...d"'


def _called(old: str, new: str) -> str:
    assert old in CALLED
    return HEADER + CALLED.replace(old, new).replace("Gated", "Block")


REFUSED = (
    Refusal("an-argument-of-the-caller", "MN108", _called(_EQN, "eqn").replace("def __call__(self, x)", "def __call__(self, x, eqn)")),
    Refusal("an-argument-that-is-changed", "MN108", _called('        w = self.param("w"', '        eqn = eqn.replace("c", "")\n        w = self.param("w"')),
    Refusal("arguments-in-a-dict", "MN108", _called(f"x=y, eqn={_EQN}", f"**dict(x=y, eqn={_EQN})")),
    Refusal("an-equation-of-the-caller", "MN108", _block(_EQUATION, "self.equation)").replace("    wide: int = 6\n", "    wide: int = 6\n    equation: str = 'td,df->tf'\n")),
    Refusal("an-equation-that-is-computed", "MN108", _block(_EQUATION, '"...td,cdf->c...tf".lower())')),
    Refusal("a-shape-of-the-caller", "MN108", _block("(2, self.width, self.wide), (2, 1, 1, self.wide)", "self.shape, self.shape").replace("    wide: int = 6\n", "    wide: int = 6\n    shape: tuple[int, ...] = (2, 5, 6)\n")),
    Refusal("an-equation-that-setup-changes", "MN108", _block('        self.w = self.param("w"', '        self.rule = self.equation.replace("f", "g")\n        self.w = self.param("w"').replace("einsum(self.equation", "einsum(self.rule").replace("(2, 1, 1, self.wide)", "(2, 1, 1, 1)")),
    Refusal("sizes-that-differ", "MN108", _block("(2, 1, 1, self.wide)", "(2, 1, 1, self.width)")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file) if d.subject == "Block"}, file.diagnostics
    assert "(nn.Module)" in text
