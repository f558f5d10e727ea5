"""`nn.Dense(8, dtype=x.dtype)(x)`: a layer that computes in the dtype of what it is called with."""

import pytest
from migrate_norm.equivalence import InputSpec

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_transformed, f32, migrate, refusals

SOURCE = """\
class Block(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        h = nn.Dense(self.width, dtype=x.dtype)(x)
        h = jnp.asarray(nn.gelu(h), jnp.float16)
        return nn.Dense(x.shape[-1], use_bias=False, name="out", dtype=h.dtype)(h)


class Model(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.Conv(4, (3,))(x)
        return Block(6)(x)
"""
NNX = """\
class Block(nnx.Module):
    def __init__(self, in_features: int, width: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(
            in_features,
            width,
            promote_dtype=lambda args, **_: nnx.nn.dtypes.promote_dtype(args, dtype=args[0].dtype),
            rngs=rngs,
        )
        self.out = nnx.Linear(
            width,
            in_features,
            use_bias=False,
            promote_dtype=lambda args, **_: nnx.nn.dtypes.promote_dtype(args, dtype=args[0].dtype),
            rngs=rngs,
        )

    def __call__(self, x):
        h = self.dense_0(x)
        h = jnp.asarray(nnx.gelu(h), jnp.float16)
        return self.out(h)


class Model(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.conv_0 = nnx.Conv(in_features, 4, (3,), rngs=rngs)
        self.block_0 = Block(4, 6, rngs=rngs)

    def __call__(self, x):
        x = self.conv_0(x)
        return self.block_0(x)
"""
LAYERS = """\
class Layers(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.DenseGeneral((2, 3), dtype=x.dtype)(x)
        x = x.reshape(x.shape[:-2] + (6,))
        x = nn.Conv(4, (3,), dtype=x.dtype)(x)
        return nn.ConvTranspose(4, (3,), dtype=x.dtype)(x)
"""


def test_transformed() -> None:
    check_transformed(HEADER + SOURCE, NNX_HEADER + NNX)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_computes_the_same(dtype: str) -> None:
    x = InputSpec(dtype, (2, 5, 3))
    check_equivalent(HEADER + SOURCE, Call("Block", (3,), {"width": 4}, (x,)))
    check_equivalent(HEADER + LAYERS, Call("Layers", (3,), {}, (x,)))


def test_within_another() -> None:
    check_equivalent(HEADER + SOURCE, Call("Model", (3,), {}, (f32(2, 5, 3),)))


@pytest.mark.parametrize(
    "layer",
    [
        "nn.LayerNorm(dtype=x.dtype)(x)",  # the statistics are those of the input before it is cast
        "nn.Dense(3, dtype=x.dtype)(x + 1)",
        "nn.Embed(3, 4, dtype=x.dtype)(x.astype(int))",
    ],
)
def test_any_other_dtype_is_asked_for(layer: str) -> None:
    source = f"class L(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return {layer}\n"
    text, _, _ = migrate(HEADER + source)
    assert "in_dtype" in text, text


def test_the_dtype_of_a_local_of_another_layer_stays() -> None:
    norm = "h = x * 2\n        return nn.LayerNorm(dtype=h.dtype)(h)"
    source = f"class L(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        {norm}\n"
    _, file, _ = migrate(HEADER + source)
    assert {d.code for d in refusals(file)} == {"MN108"}
