"""Comprehensions over modules that setup writes down: `[head(x) for head in self.heads]`."""

import pytest

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_refused, check_transformed, f32

HEADS = """\
class Heads(nn.Module):
    def setup(self):
        self.heads = (nn.Dense(2), nn.Dense(3, use_bias=False))
        self.last = nn.Dense(4)

    def __call__(self, x):
        return self.last(jnp.concatenate([head(x) for head in self.heads], -1))
"""
NNX_HEADS = """\
class Heads(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.heads = nnx.List(
            [
                nnx.Linear(in_features, 2, rngs=rngs),
                nnx.Linear(in_features, 3, use_bias=False, rngs=rngs),
            ]
        )
        self.last = nnx.Linear(5, 4, rngs=rngs)

    def __call__(self, x):
        return self.last(jnp.concatenate([head(x) for head in self.heads], -1))
"""
OTHERS = """\
class Head(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x, train=False):
        return nn.BatchNorm(use_running_average=not train)(nn.Dense(self.width)(x))


class Wider(nn.Module):
    @nn.compact
    def __call__(self, x, train=False):
        return nn.Dense(x.shape[-1] + 1)(x)


class Mixed(nn.Module):
    def setup(self):
        self.heads = [Head(2), Wider(), Head(5)]
        self.ends = [nn.Dense(4), nn.LayerNorm()]

    def __call__(self, x, train=False):
        two, wide, five = [head(x, train=train) for head in self.heads]
        return two, tuple(end(wide) for end in self.ends), sum(end(wide).sum() for end in self.ends), five


class Chain(nn.Module):
    def setup(self):
        self.layers = [nn.Dense(2), nn.Dense(3)]

    def __call__(self, x):
        return [x := layer(x) for layer in self.layers]
"""
LAYER = """\
class Layer(nn.Module):
    def setup(self):
        self.heads = [nn.Dense(2), nn.Dense(3)]

    def __call__(self, x):
        return {}
"""


def test_transformed() -> None:
    check_transformed(HEADER + HEADS, NNX_HEADER + NNX_HEADS)


def test_computes_the_same() -> None:
    check_equivalent(
        f"{HEADER}{HEADS}\n\n{OTHERS}",
        Call("Heads", (7,), {}, (f32(2, 7),)),
        Call("Mixed", (7,), {}, (f32(2, 7),)),
        Call("Mixed", (7,), {}, (f32(2, 7),), {"train": True}),
        Call("Chain", (7,), {}, (f32(2, 7),)),
    )


@pytest.mark.parametrize(
    "given",
    [
        "[head(x) for head in self.heads if x.ndim > 1]",
        "[head(x) for head in self.heads[1:]]",
        "[head(x) for head, _ in zip(self.heads, x)]",
        "[head(x) for _, head in enumerate(self.heads)]",
        "{head(x).shape: head(x) for head in self.heads}",
        "[head for head in self.heads][0](x)",
        "list(map(run, (head(x) for head in self.heads)))",
    ],
    ids=["some", "a-part", "zip", "enumerate", "dict", "handed-on", "later"],
)
def test_what_is_not_followed_stays(given: str) -> None:
    check_refused(HEADER + LAYER.format(given), "MN101")
