"""Tuples and lists of submodules that setup makes of a generator or of a list become an nnx.List."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    changed,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    load,
    migrate,
    run_in_tree_mode,
)

NET = """\
class Net(nn.Module):
    n: int = 3

    def setup(self):
        self.layers = tuple(nn.Dense(2) for _ in range(self.n))

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
"""
NNX = """\
class Net(nnx.Module):
    def __init__(self, in_features: int, n: int = 3, *, rngs: nnx.Rngs):
        self.layers = nnx.List()
        for _ in range(n):
            self.layers.append(nnx.Linear(in_features, 2, rngs=rngs))
            in_features = 2

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
"""
HEADS = """\
class Net(nn.Module):
    n: int = 3

    def setup(self):
        # one for each
        self.heads = tuple(
            nn.Dense(2 + i, name=f"head{i}")
            for i in range(self.n)
        )
        self.sizes = tuple(2 * k for k in range(self.n))
        self.two = list((nn.LayerNorm(), nn.LayerNorm(use_bias=False)))
        self.tail = nn.Sequential(tuple(nn.Dense(3) for _ in range(self.n)))

    def __call__(self, x):
        x = self.two[1](self.two[0](x))
        return [head(x) for head in self.heads], self.tail(x)
"""
NNX_HEADS = """\
class Net(nnx.Module):
    def __init__(self, in_features: int, n: int = 3, *, rngs: nnx.Rngs):
        # one for each
        self.heads = nnx.List(
            nnx.Linear(in_features, 2 + i, rngs=rngs) for i in range(n)
        )
        self.sizes = tuple(2 * k for k in range(n))
        self.two = nnx.List(
            [
                nnx.LayerNorm(in_features, rngs=rngs),
                nnx.LayerNorm(in_features, use_bias=False, rngs=rngs),
            ]
        )
        layers = []
        for _ in range(n):
            layers.append(nnx.Linear(in_features, 3, rngs=rngs))
            in_features = 3
        self.tail = nnx.Sequential(*layers)

    def __call__(self, x):
        x = self.two[1](self.two[0](x))
        return [head(x) for head in self.heads], self.tail(x)
"""
_MADE = "tuple(nn.Dense(2) for _ in range(self.n))"
KINDS = (
    "tuple(nn.Dense(2) for _ in range(self.n))",
    "list(nn.Dense(2) for _ in range(self.n))",
    "tuple((nn.Dense(2) for _ in range(self.n)))",
    "tuple([nn.Dense(2) for _ in range(self.n)])",
    "tuple(\n            [\n                nn.Dense(2)\n                for _ in range(self.n)\n            ],\n )",
)


def test_transformed() -> None:
    check_transformed(HEADER + HEADS, NNX_HEADER + NNX_HEADS)


@pytest.mark.parametrize("made", KINDS)
def test_each_kind_is_the_list(made: str) -> None:
    check_transformed(HEADER + changed(NET, (_MADE, made)), NNX_HEADER + NNX)


@pytest.mark.parametrize("before", [NET, HEADS], ids=["net", "heads"])
def test_computes_the_same(before: str) -> None:
    calls = [Call("Net", (4,), {"n": n}, (f32(5, 4),)) for n in (3, 2)]
    check_equivalent(HEADER + before, *calls)
    run_in_tree_mode(load(migrate(HEADER + before)[0]), calls[0])


REFUSED = {
    "another tuple": (NET.replace("class", "tuple = list\n\n\nclass", 1), "hands it on"),
    "a name for another": (NET.replace("        self", "        tuple = list\n        self", 1), "hands it on"),
    "not all are modules": (changed(NET, (_MADE, "tuple((nn.Dense(2), print))")), "hands it on"),
    "a tuple of tuples": (changed(NET, (_MADE, "tuple((nn.Dense(2),) for _ in range(self.n))")), "hands it on"),
    "sorted": (changed(NET, (_MADE, "sorted(nn.Dense(2) for _ in range(self.n))")), "hands it on"),
    "added to": (changed(NET, ("in self.layers:", "in self.layers + (jnp.tanh,):")), "is handed on"),
    "asked for what it is": (changed(NET, ("return x", "return x * hash(self.layers)")), "is handed on"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    before, said = REFUSED[name]
    file = check_refused(HEADER + before, "MN101")
    assert any(said in d.message for d in file.diagnostics), file.diagnostics
