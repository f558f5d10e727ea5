"""Layers of a compact method behind a list that setup makes: their size is what its last element leaves."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    migrate,
    run_in_tree_mode,
)
from .check import load as loaded

_NET = """\
class Net(nn.Module):
    scale: int = 2
    sizes: tuple[int, ...] = (4, 6)

    def setup(self):
        {setup}

    @nn.compact
    def __call__(self, x):
        {loop}
        z = nn.Dense(5)(x)
        return z * nn.Dense(5)(x)
"""
_LIST = "self.layers = [nn.Dense(size * self.scale) for size in self.sizes]"
_APPENDED = """\
layers = []
        for size in self.sizes:
            layers.append(nn.Dense(size * self.scale))
        self.layers = layers"""
_LOOP = "for layer in self.layers:\n            x = nn.relu(layer(x))"
_NUMBERED = "for i, layer in enumerate(self.layers):\n            x = nn.relu(layer(x)) * (i + 1)"
_NNX = """\
class Net(nnx.Module):
    def __init__(
        self,
        in_features: int,
        scale: int = 2,
        sizes: tuple[int, ...] = (4, 6),
        *,
        rngs: nnx.Rngs,
    ):
        self.layers = nnx.List()
        for size in sizes:
            self.layers.append(nnx.Linear(in_features, size * scale, rngs=rngs))
            in_features = size * scale
        self.dense_0 = nnx.Linear(in_features, 5, rngs=rngs)
        self.dense_1 = nnx.Linear(in_features, 5, rngs=rngs)

    def __call__(self, x):
        for layer in self.layers:
            x = nnx.relu(layer(x))
        z = self.dense_0(x)
        return z * self.dense_1(x)
"""
_CALLS = (
    Call("Net", (3,), {}, (f32(2, 3),)),
    Call("Net", (3,), {"scale": 1, "sizes": (2, 7, 4)}, (f32(2, 3),)),
    Call("Net", (3,), {"sizes": ()}, (f32(2, 3),)),
)


def _model(setup: str = _LIST, loop: str = _LOOP) -> str:
    return HEADER + _NET.format(setup=setup, loop=loop)


def test_the_list_is_made_first() -> None:
    check_transformed(_model(), NNX_HEADER + _NNX)


@pytest.mark.parametrize("setup", [_LIST, _APPENDED], ids=["comprehension", "appended"])
@pytest.mark.parametrize("loop", [_LOOP, _NUMBERED], ids=["in turn", "numbered"])
def test_both_compute_the_same(setup: str, loop: str) -> None:
    before = _model(setup, loop)
    check_equivalent(before, *_CALLS)
    run_in_tree_mode(loaded(migrate(before)[0]), _CALLS[1])


def test_of_one_size_too() -> None:
    setup = "self.layers = [nn.Dense(8) for _ in self.sizes]"
    check_equivalent(_model(setup), *_CALLS)


@pytest.mark.parametrize("made", ["nn.Dense(8) for _ in range(2)", "nn.Dense(size) for size in (8, 8)"])
def test_what_is_made_in_each_round_is_refused(made: str) -> None:
    """By then the constructor has the size behind the list, and the first round starts from the input's."""
    loop = "for i in range(2):\n            x = self.layers[i](nn.LayerNorm()(x))"
    check_refused(_model(f"self.layers = [{made}]", loop), "MN108")
