"""`jnp.split(q, self.heads, axis=-1)`: parts of one size, as many as a field says, which are put together again."""

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_refused, check_transformed, f32

HEADS = """\
class Heads(nn.Module):
    dim: int
    heads: int

    @nn.compact
    def __call__(self, q):
        q = nn.Dense(self.dim)(q)
        q = jnp.concatenate(jnp.split(q, self.heads, axis=-1), axis=0)
        o = jnp.concatenate(jnp.split(jnp.tanh(q), self.heads, axis=0), axis=-1)
        return nn.LayerNorm()(o)
"""
NNX = """\
class Heads(nnx.Module):
    def __init__(self, in_features: int, dim: int, heads: int, *, rngs: nnx.Rngs):
        self.heads = heads
        self.dense_0 = nnx.Linear(in_features, dim, rngs=rngs)
        self.layer_norm_0 = nnx.LayerNorm(heads * (dim // heads), rngs=rngs)

    def __call__(self, q):
        q = self.dense_0(q)
        q = jnp.concatenate(jnp.split(q, self.heads, axis=-1), axis=0)
        o = jnp.concatenate(jnp.split(jnp.tanh(q), self.heads, axis=0), axis=-1)
        return self.layer_norm_0(o)
"""


def test_heads_one_behind_the_other() -> None:
    check_transformed(HEADER + HEADS, NNX_HEADER + NNX)
    check_equivalent(HEADER + HEADS, Call("Heads", (3,), {"dim": 6, "heads": 2}, (f32(2, 4, 3),)))


def test_places_are_no_number_of_parts() -> None:
    check_refused(HEADER + HEADS.replace("heads: int", "heads: tuple[int, ...]"), "MN108")
