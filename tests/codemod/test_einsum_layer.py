"""`nn.Einsum` becomes `nnx.Einsum`, which is made with its equation and with the shape of its bias."""

import jax.numpy as jnp
import pytest

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_refused, check_transformed, f32

MIXER = """\
class Mixer(nn.Module):
    hidden: int
    heads: int = 2
    use_bias: bool = True
    dtype: jnp.dtype | None = None

    @nn.compact
    def __call__(self, x):
        d = x.shape[-1]
        x = nn.Einsum((d, self.heads, self.hidden), "btd,dhf->bthf", use_bias=self.use_bias, dtype=self.dtype)(x)
        x = nn.gelu(x)
        x = nn.Einsum([self.heads, self.hidden, x.shape[-1]], name="out")(
            x, einsum_str="bthf, hfd -> btd"
        )
        x = nn.Einsum((x.shape[-1], 4), "...i,ij->...j", False)(x)
        return nn.Dense(3)(x)
"""
NNX_MIXER = """\
class Mixer(nnx.Module):
    def __init__(
        self,
        d: int,
        hidden: int,
        heads: int = 2,
        use_bias: bool = True,
        dtype: jnp.dtype | None = None,
        *,
        rngs: nnx.Rngs,
    ):
        self.einsum_0 = nnx.Einsum(
            "btd,dhf->bthf",
            (d, heads, hidden),
            bias_shape=(heads, hidden) if use_bias else None,
            dtype=dtype,
            rngs=rngs,
        )
        self.out = nnx.Einsum(
            "bthf, hfd -> btd", (heads, hidden, hidden), (hidden,), rngs=rngs
        )
        self.einsum_1 = nnx.Einsum("...i,ij->...j", (hidden, 4), rngs=rngs)
        self.dense_0 = nnx.Linear(4, 3, rngs=rngs)

    def __call__(self, x):
        x = self.einsum_0(x)
        x = nnx.gelu(x)
        x = self.out(x)
        x = self.einsum_1(x)
        return self.dense_0(x)
"""
SETUP = """\
class Heads(nn.Module):
    shape: tuple[int, ...]
    width: int = 4

    def setup(self):
        self.first = nn.Einsum(self.shape, "bti,io->bto", use_bias=False)
        self.rest = [nn.Einsum((self.width, self.width), "bti,io->bto") for _ in range(2)]
        self.head = nn.Einsum((self.width, 3), bias_init=nn.initializers.ones)

    def __call__(self, x):
        x = self.first(x)
        for layer in self.rest:
            x = layer(x)
        return self.head(x, "bti,io->bto") + self.head(x, "bti,io->bto")
"""
NNX_SETUP = """\
class Heads(nnx.Module):
    def __init__(self, shape: tuple[int, ...], width: int = 4, *, rngs: nnx.Rngs):
        self.first = nnx.Einsum("bti,io->bto", shape, rngs=rngs)
        self.rest = nnx.List(
            nnx.Einsum("bti,io->bto", (width, width), (width,), rngs=rngs)
            for _ in range(2)
        )
        self.head = nnx.Einsum(
            "bti,io->bto", (width, 3), (3,), bias_init=nnx.initializers.ones, rngs=rngs
        )

    def __call__(self, x):
        x = self.first(x)
        for layer in self.rest:
            x = layer(x)
        return self.head(x) + self.head(x)
"""
SHAPES = """\
class Turned(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.Einsum((2, 5, 3), "btd,hfd->hbtf")(x)
        return nn.Einsum((5, 7, 2), "hbtf,fgh->ghbt")(x)


class Dotted(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.Einsum((4, 3, 5), "...d,...df->f...")(x)
        return nn.Einsum((5, 4), "f...,f...->...")(x)


class Scaled(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Einsum((3, 4), "btd,de->bt")(x)


class Rounds(nn.Module):
    widths: tuple[int, ...] = (3, 4)

    @nn.compact
    def __call__(self, x):
        for width in self.widths:
            x = nn.Einsum((x.shape[-1], width), "btd,df->btf")(x)
        return x


class Half(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.Einsum((3, 4), "btd,df->btf", dtype=jnp.bfloat16, param_dtype=jnp.float16)(x)
        return nn.Einsum((4, 4), "btd,df->btf", dtype=x.dtype)(x)


class InTurn(nn.Module):
    @nn.compact
    def __call__(self, x):
        layers = [nn.Einsum((3, 5), "btd,df->btf"), nn.relu, nn.Einsum((5, 2), "btd,df->btf")]
        return nn.Sequential(layers)(x)
"""
X = f32(2, 4, 3)


def test_transformed() -> None:
    check_transformed(HEADER + MIXER, NNX_HEADER + NNX_MIXER)
    check_transformed(HEADER + SETUP, NNX_HEADER + NNX_SETUP)


def test_computes_the_same() -> None:
    check_equivalent(
        f"{HEADER}{MIXER}\n\n{SETUP}\n\n{SHAPES}",
        *(Call("Mixer", (3,), {"hidden": 5, "use_bias": used}, (X,)) for used in (True, False)),
        Call("Mixer", (3,), {"hidden": 5, "dtype": jnp.bfloat16}, (X,)),
        Call("Heads", (), {"shape": (3, 4)}, (X,)),
        *(Call(name, (), {}, (X,)) for name in ("Turned", "Dotted", "Scaled", "Half", "InTurn")),
        Call("Rounds", (3,), {}, (X,)),
    )


@pytest.mark.parametrize(
    ("body", "code", "reason"),
    [
        ("nn.Einsum((3, 4), self.equation)(x)", "MN109", "no literal equation"),
        ('nn.Einsum(self.shape, "btd,df->btf")(x)', "MN109", "no literal equation"),
        ('nn.Einsum((3, 3), "btd,dd->btd")(x)', "MN109", "no literal equation"),
        ("nn.Einsum((3, 4), use_bias=False)(x, self.equation)", "MN109", "this call gives"),
        ('nn.Einsum((3, 4), self.equation, use_bias=False)(x, "btd,df->btf")', "MN109", "and to the call"),
        ('nn.remat(nn.Einsum)((3, 4), "btd,df->btf")(x)', "MN101", "another order"),
        ('partial(nn.Einsum, (3, 4))("btd,df->btf")(x)', "MN101", ""),
        ('nn.Einsum((3, 4), "btd,df->btf", promote_dtype=promote)(x)', "MN109", "`promote_dtype`"),
        ("nn.Dense(4, promote_dtype=nn.dtypes.promote_dtype)(x)", "MN109", "`promote_dtype`"),
    ],
    ids=["field", "shape", "diagonal", "call", "both", "remat", "partial", "promote", "dense"],
)
def test_what_is_not_told_stays(body: str, code: str, reason: str) -> None:
    head = "class L(nn.Module):\n    shape: tuple\n    equation: str\n\n    @nn.compact\n"
    made = f"{head}    def __call__(self, x):\n        return {body}\n"
    file = check_refused(f"from functools import partial\n{HEADER}{made}", code)
    assert any(reason in d.message for d in file.diagnostics)


def test_two_equations_stay() -> None:
    body = 'layer = nn.Einsum((3, 3))\n        return layer(x, "btd,df->btf") + layer(x, "btf,df->btd")'
    made = f"class L(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        {body}\n"
    file = check_refused(HEADER + made, "MN109")
    assert any("more than one equation" in d.message for d in file.diagnostics)
