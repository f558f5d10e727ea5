"""Locals for modules of setup: `layer = self.layers[i]`, of which the calls are read as those of the module."""

import pytest

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_refused, check_transformed, f32, migrate

BEFORE = """\
class Net(nn.Module):
    sizes: tuple[int, ...] = (3, 5)

    def setup(self):
        self.layers = [nn.Dense(n) for n in self.sizes]
        self.norm = nn.BatchNorm(momentum=0.5)
        self.words = nn.Embed(7, self.sizes[-1])
        self.heads = [nn.Dense(2), nn.Dense(4)]

    def __call__(self, x, train=False):
        for i, _ in enumerate(self.sizes):
            layer = self.layers[i]
            x = nn.relu(layer(x))  # each
        # how it goes on
        norm, words = self.norm, self.words
        x = norm(x, use_running_average=not train)
        x = words.attend(x)
        first, second = self.heads
        return first(x), second(x)
"""
AFTER = """\
class Net(nnx.Module):
    def __init__(
        self,
        in_features: int,
        sizes: tuple[int, ...] = (3, 5),
        *,
        rngs: nnx.Rngs,
    ):
        self.sizes = sizes
        self.layers = nnx.List()
        for n in sizes:
            self.layers.append(nnx.Linear(in_features, n, rngs=rngs))
            in_features = n
        self.norm = nnx.BatchNorm(in_features, momentum=0.5, rngs=rngs)
        self.words = nnx.Embed(7, sizes[-1], rngs=rngs)
        self.heads = nnx.List(
            [
                nnx.Linear(7, 2, rngs=rngs),
                nnx.Linear(7, 4, rngs=rngs),
            ]
        )

    def __call__(self, x, train=False):
        for i, _ in enumerate(self.sizes):
            x = nnx.relu(self.layers[i](x))  # each
        # how it goes on
        x = self.norm(x, use_running_average=not train)
        x = self.words.attend(x)
        return self.heads[0](x), self.heads[1](x)
"""


def test_transformed() -> None:
    check_transformed(HEADER + BEFORE, NNX_HEADER + AFTER)


def test_computes_the_same() -> None:
    check_equivalent(
        HEADER + BEFORE,
        Call("Net", (5,), {}, (f32(2, 5),)),
        Call("Net", (5,), {"sizes": (4, 2, 6)}, (f32(2, 5),), {"train": True}),
    )


_NET = """\
class Net(nn.Module):
    def setup(self):
        self.head = nn.Dense(3)
        self.layers = [nn.Dense(3), nn.Dense(3)]

    def __call__(self, x):
        {}
        return x
"""


@pytest.mark.parametrize(
    "rows",
    [
        ["head = self.head", "x = jnp.stack(jax.tree.map(head, [x]))"],
        ["head = self.head", "head = nn.relu", "x = head(x)"],
        ["head = self.head", "x = (lambda y: head(y))(x)"],
        ["i = 0", "layer = self.layers[i]", "i = 1", "x = layer(x)"],
        ["first, *others = self.layers", "x = first(x)"],
        ["for i in range(2):", "    layer = self.layers[i]", "x = layer(x)"],
        ["layer = self.layers[int(x.ndim > 2)]", "x = layer(x)"],
        ["layer = self.head if x.ndim > 2 else self.layers[0]", "x = layer(x)"],
    ],
    ids=["handed-on", "again", "later", "another-index", "starred", "outlives", "computed", "one-of-two"],
)
def test_what_is_more_than_another_name_stays(rows: list[str]) -> None:
    check_refused(HEADER + _NET.format("\n        ".join(rows)), "MN101")


def test_functions_keep_their_other_names() -> None:
    text = HEADER + _NET.format("act = self.act\n        x = act(self.head(x))")
    text = text.replace("self.layers = [nn.Dense(3), nn.Dense(3)]", "self.act = nn.relu")
    after = migrate(text)[0]
    assert "class Net(nnx.Module)" in after, after
    assert "        act = self.act\n" in after
    check_equivalent(text, Call("Net", (5,), {}, (f32(2, 5),)))
