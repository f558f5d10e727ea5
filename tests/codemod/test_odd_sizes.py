"""Halves of a size, and what is added where it is odd: an embedding of time steps is as wide as it is asked to be."""

import pytest

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_refused, check_transformed, f32

FUNCTION = """\
def embedding(t, dim, max_period=10000):
    half = dim // 2
    freqs = jnp.exp(-jnp.log(max_period) * jnp.arange(half) / half)
    args = t[:, None].astype(jnp.float32) * freqs[None]
    emb = jnp.concatenate([jnp.cos(args), jnp.sin(args)], axis=-1)
    if dim % 2:
        emb = jnp.concatenate([emb, jnp.zeros_like(emb[:, :1])], axis=-1)
    return emb


"""
NET = """\
class Net(nn.Module):
    dim: int = 8

    @nn.compact
    def __call__(self, t):
        return nn.Dense(3)(embedding(t, self.dim))
"""
NNX_NET = """\
class Net(nnx.Module):
    def __init__(self, dim: int = 8, *, rngs: nnx.Rngs):
        self.dim = dim
        self.dense_0 = nnx.Linear(dim, 3, rngs=rngs)

    def __call__(self, t):
        return self.dense_0(embedding(t, self.dim))
"""
CUT = "        emb = jnp.concatenate([emb, jnp.zeros_like(emb[:, :1])], axis=-1)\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("if dim % 2:", "if dim % 2 == 1:"),
        ("if dim % 2:", "if dim % 2 != 0:"),
        (CUT, "        emb = jnp.pad(emb, ((0, 0), (0, 1)))\n"),
        (CUT, "        emb = jnp.concatenate([jnp.ones_like(emb[:, :1]), emb], axis=-1)\n"),
        ("    if dim % 2:\n" + CUT, "    emb = jnp.pad(emb, ((0, 0), (0, dim % 2)))\n"),
    ],
    ids=["one", "not-zero", "pad", "in-front", "sum"],
)
def test_it_is_as_wide_as_it_is_asked_to_be(old: str, new: str) -> None:
    assert old in FUNCTION
    function = FUNCTION.replace(old, new)
    check_transformed(HEADER + function + NET, NNX_HEADER + function + NNX_NET)


def test_computes_the_same() -> None:
    check_equivalent(
        HEADER + FUNCTION + NET,
        *(Call("Net", (), {"dim": dim}, (f32(2),)) for dim in (6, 7)),
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("zeros_like(emb[:, :1])", "zeros_like(args[:, :1])"),
        ("zeros_like(emb[:, :1])", "zeros_like(emb[:1])"),
        ("zeros_like(emb[:, :1])", "zeros_like(emb[:, 1:])"),
    ],
    ids=["another", "rows", "the-others"],
)
def test_another_part_is_not_known(old: str, new: str) -> None:
    check_refused(HEADER + FUNCTION.replace(old, new) + NET, "MN108")
