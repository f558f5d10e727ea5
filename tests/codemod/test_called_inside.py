"""Functions that are given a Dropout and call it: `attention(q, k, v, self.dropout)`."""

import pytest

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_refused, check_transformed, f32

FUNCTION = """\
def attention(q, k, v, dropout, training):
    w = nn.softmax(q @ jnp.swapaxes(k, -1, -2) / float(k.shape[-1]) ** 0.5)
    w = dropout(w, deterministic=not training)
    return w @ v


"""
LOCAL = """\
class Local(nn.Module):
    width: int = 4
    rate: float = 0.5

    @nn.compact
    def __call__(self, x, training=False):
        q, k, v = jnp.split(nn.Dense(3 * self.width)(x), 3, axis=-1)
        drop = nn.Dropout(self.rate)
        y = attention(q, k, v, drop, training)
        return nn.Dense(2)(drop(y, deterministic=not training))
"""
NNX_LOCAL = """\
class Local(nnx.Module):
    def __init__(
        self,
        in_features: int,
        width: int = 4,
        rate: float = 0.5,
        *,
        rngs: nnx.Rngs,
    ):
        self.dense_0 = nnx.Linear(in_features, 3 * width, rngs=rngs)
        self.dropout_0 = nnx.Dropout(rate, rngs=rngs)
        self.dense_1 = nnx.Linear(width, 2, rngs=rngs)

    def __call__(self, x, training=False):
        q, k, v = jnp.split(self.dense_0(x), 3, axis=-1)
        y = attention(q, k, v, self.dropout_0, training)
        return self.dense_1(self.dropout_0(y, deterministic=not training))
"""
HELD = """\
class Held(nn.Module):
    rate: float = 0.5

    def setup(self):
        self.drop = nn.Dropout(self.rate)
        self.out = nn.Dense(3)

    def __call__(self, x, training=False):
        return self.out(attention(x, x, x, training=training, dropout=self.drop))
"""


def test_transformed() -> None:
    before, after = HEADER + FUNCTION + LOCAL, NNX_HEADER + FUNCTION.replace("nn.", "nnx.") + NNX_LOCAL
    check_transformed(before, after)


@pytest.mark.parametrize("training", [False, True])
def test_computes_the_same(training: bool) -> None:
    check_equivalent(
        f"{HEADER}{FUNCTION}{LOCAL}\n\n{HELD}",
        Call("Local", (5,), {}, (f32(2, 3, 5),), {"training": training}),
        Call("Held", (5,), {}, (f32(2, 3, 5),), {"training": training}),
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("w = dropout(w, deterministic=not training)", "w = dropout(w, not training)"),
        ("w = dropout(w, deterministic=not training)", "w = dropout(w, rng=None, deterministic=True)"),
        ("w = dropout(w, deterministic=not training)", "w = jax.vmap(dropout)(w)"),
        ("w = dropout(w, deterministic=not training)", "w = (lambda a: dropout(a, deterministic=True))(w)"),
        ("w = dropout(w, deterministic=not training)", "kept.append(dropout)"),
        ("w = dropout(w, deterministic=not training)", "w = dropout.apply({}, w)"),
        ("w = dropout(w, deterministic=not training)", "dropout = print\n    w = dropout(w)"),
        ("def attention(", "@jax.jit\ndef attention("),
        ("dropout, training):", "dropout, training, *more):"),
        ("drop = nn.Dropout(self.rate)", "drop = nn.Dropout(self.rate, deterministic=not training)"),
        ("drop = nn.Dropout(self.rate)", "drop = nn.LayerNorm()"),
        ("attention(q, k, v, drop, training)", "attention(*[q, k, v, drop, training])"),
        ("attention(q, k, v, drop, training)", "jax.checkpoint(attention)(q, k, v, drop, training)"),
        ("attention(q, k, v, drop, training)", "jnp.dot(q, drop)"),
    ],
)
def test_what_does_more_stays(old: str, new: str) -> None:
    source = HEADER + "kept = []\n\n\n" + FUNCTION + LOCAL
    assert old in source
    check_refused(source.replace(old, new), "MN101")
