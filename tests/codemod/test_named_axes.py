"""Some axes of an argument whose shape a method unpacks: the constructor asks for these, by the method's names."""

import pytest

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_transformed, f32, migrate

HEADS = """\
class Heads(nn.Module):
    features: int

    @nn.compact
    def __call__(self, q):
        batch, heads, n, width = q.shape
        q = jnp.transpose(q, (0, 2, 1, 3)).reshape(batch, n, heads * width)
        return nn.Dense(self.features)(q)


class Net(nn.Module):
    heads: int = 4

    @nn.compact
    def __call__(self, x):
        b, n, d = x.shape
        x = nn.Dense(d)(x).reshape(b, n, self.heads, d // self.heads)
        return Heads(5)(x.transpose(0, 2, 1, 3))


model = Heads(5)
params = model.init(jax.random.key(0), jnp.ones((2, 3, 7, 4)))
"""
AFTER = """\
class Heads(nnx.Module):
    def __init__(self, heads: int, width: int, features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(heads * width, features, rngs=rngs)

    def __call__(self, q):
        batch, heads, n, width = q.shape
        q = jnp.transpose(q, (0, 2, 1, 3)).reshape(batch, n, heads * width)
        return self.dense_0(q)


class Net(nnx.Module):
    def __init__(self, d: int, heads: int = 4, *, rngs: nnx.Rngs):
        self.heads = heads
        self.dense_0 = nnx.Linear(d, d, rngs=rngs)
        self.heads_0 = Heads(heads, d // heads, 5, rngs=rngs)

    def __call__(self, x):
        b, n, d = x.shape
        x = self.dense_0(x).reshape(b, n, self.heads, d // self.heads)
        return self.heads_0(x.transpose(0, 2, 1, 3))


model = Heads(3, 4, 5, rngs=nnx.Rngs(0))
"""


def test_callers_pass_each() -> None:
    whole, part = HEADS.index("model ="), AFTER.index("model =")
    check_transformed(HEADER + HEADS[:whole], NNX_HEADER + AFTER[:part])
    text, *_ = migrate(HEADER + HEADS)
    assert text.endswith(AFTER)


def test_the_same_values() -> None:
    calls = (
        Call("Net", (8,), {}, (f32(2, 7, 8),)),
        Call("Heads", (3, 4), {"features": 5}, (f32(2, 3, 7, 4),)),
    )
    check_equivalent(HEADER + HEADS, *calls)


OTHERS = {
    "a-field-of-the-name": HEADS.replace("features", "heads", 1).replace("self.features", "self.heads"),
    "bound-again": HEADS.replace(
        "        return nn.Dense(self", "        width = 2\n        return nn.Dense(self"
    ),
    "all-of-them": HEADS.replace("batch, n, heads * width)", "batch, heads * n * width)"),
    "changed-before": HEADS.replace("        batch,", "        q = q * 2\n        batch,"),
    "no-name": HEADS.replace(
        "heads, n, width = q.shape", "_, n, width = q.shape\n        heads = q.shape[1]"
    ),
}


@pytest.mark.parametrize("before", OTHERS.values(), ids=OTHERS)
def test_others_come_together(before: str) -> None:
    text, *_ = migrate(HEADER + before[: before.index("class Net")])
    assert "in_shape: tuple[int, int, int]" in text
