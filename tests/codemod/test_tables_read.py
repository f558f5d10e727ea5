"""Tables of an Embed, or of a class of the file, that another class reads: `x @ self.embed.embedding.T`."""

import jax.numpy as jnp
import pytest

from .check import HEADER, NNX_HEADER, Call, changed, check_equivalent, check_refused, check_transformed

LM = """\
class Words(nn.Module):
    count: int
    width: int

    def setup(self):
        self.table = self.param("weights", nn.initializers.normal(), (self.count, self.width))

    def __call__(self, ids):
        return self.table[ids]


class Body(nn.Module):
    def setup(self):
        self.embed = nn.Embed(5, 4)
        self.words = Words(5, 4)
        self.norm = nn.LayerNorm()

    def __call__(self, ids):
        return self.norm(self.embed(ids) + self.words(ids))


class LM(nn.Module):
    def setup(self):
        self.embed = nn.Embed(5, 4)
        self.body = Body()

    def __call__(self, ids):
        x = self.body(ids) + self.embed(ids)
        return x @ self.embed.embedding.T + x @ self.body.embed.embedding.T + x @ self.body.words.table.T
"""
NNX_LM = """\
class Words(nnx.Module):
    def __init__(self, count: int, width: int, *, rngs: nnx.Rngs):
        self.weights = nnx.Param(
            nnx.initializers.normal()(rngs.params(), (count, width))
        )

    def __call__(self, ids):
        return self.weights[ids]


class Body(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.embed = nnx.Embed(5, 4, rngs=rngs)
        self.words = Words(5, 4, rngs=rngs)
        self.norm = nnx.LayerNorm(4, rngs=rngs)

    def __call__(self, ids):
        return self.norm(self.embed(ids) + self.words(ids))


class LM(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.embed = nnx.Embed(5, 4, rngs=rngs)
        self.body = Body(rngs=rngs)

    def __call__(self, ids):
        x = self.body(ids) + self.embed(ids)
        return x @ self.embed.embedding[...].T + x @ self.body.embed.embedding[...].T + x @ self.body.words.weights[...].T
"""  # noqa: E501
_STORE = '        self.table = self.param("weights", nn.initializers.normal(), (self.count, self.width))'
_AGAIN = "        self.table = self.table / jnp.linalg.norm(self.table)"


def test_transformed() -> None:
    check_transformed(HEADER + LM, NNX_HEADER + NNX_LM)


def test_computes_the_same() -> None:
    check_equivalent(HEADER + LM, Call("LM", inputs=(jnp.array([[0, 1, 4]]),)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (_STORE, f"{_STORE}\n{_AGAIN}"),
        (_STORE, f"{_STORE}\n        if self.count > 2:\n    {_AGAIN}"),
        (_STORE, f"{_STORE} * 2"),
        (
            "        self.body = Body()",
            "        self.body = Body()\n        self.twice = self.embed.embedding * 2",
        ),
    ],
    ids=["set-again", "set-again-on-a-condition", "computed", "in-setup"],
)
def test_what_is_not_the_parameter_stays(old: str, new: str) -> None:
    """Nor does `Words` have an NNX module in its place behind a bridge, which would have no `table`."""
    check_refused(HEADER + changed(LM, (old, new)), "MN101")
