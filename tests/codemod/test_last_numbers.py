"""Sizes that the number of a round tells: who calls the class has that of the last one behind the loop."""

import pytest

from .check import (
    HEADER,
    Call,
    check_equivalent,
    f32,
    listed,
    migrate,
    refusals,
)

NET = """\
class Encoder(nn.Module):
    width: int = 2
    depth: int = 3

    @nn.compact
    def __call__(self, x):
        for i in range(self.depth):
            x = nn.Dense(self.width * 2**i)(x)
            scale = self.param(f"scale_{i}", lambda key, shape: jnp.full(shape, 0.1 * self.width), (1,))
            x = x * scale
        return x


class Head(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(x)


class Net(nn.Module):
    depth: int = 3

    def setup(self):
        self.encoder = Encoder(depth=self.depth)
        self.head = Head()

    def __call__(self, x):
        return self.head(self.encoder(x))
"""
NNX = """\
class Net(nnx.Module):
    def __init__(self, in_features: int, depth: int = 3, *, rngs: nnx.Rngs):
        self.encoder = Encoder(in_features, depth=depth, rngs=rngs)
        self.head = Head(2 * 2 ** (depth - 1) if depth > 0 else in_features, rngs=rngs)

    def __call__(self, x):
        return self.head(self.encoder(x))
"""


def _after(before: str) -> str:
    text, file, _ = migrate(HEADER + before)
    assert not refusals(file), listed(file)
    return text[text.index("class Net") :]


def test_a_field_says_how_many_rounds_there_are() -> None:
    assert _after(NET) == NNX
    calls = (Call("Net", (3,), {"depth": depth}, (f32(2, 3),)) for depth in (0, 1, 3))
    check_equivalent(HEADER + NET, *calls)


def test_so_does_a_number() -> None:
    assert "Head(2 * 2**3, rngs=rngs)" in _after(NET.replace("range(self.depth)", "range(4)"))
    counted = NET.replace("in range(self.depth)", ", _ in enumerate(range(2))")
    assert "Head(2 * 2**1, rngs=rngs)" in _after(counted)


ORDERED = NET.replace("    width: int = 2\n", "    width: int = 2\n    orders: tuple[int, ...] = (1, 0)\n")


@pytest.mark.parametrize(
    ("through", "size"),
    [("range(1, self.depth)", "self.encoder.out_features"), ("self.orders", "2")],
)
def test_other_rounds_are_run_through(through: str, size: str) -> None:
    before = ORDERED.replace("in range(self.depth)", f"in {through}")
    assert f"Head({size}, rngs=rngs)" in _after(before)
    check_equivalent(HEADER + before, Call("Net", (5,), {}, (f32(3, 5),)))


def test_a_loop_that_is_left_does_not_tell() -> None:
    left = "            x = x * scale\n            if i > 1:\n                break\n"
    text, file, _ = migrate(HEADER + ORDERED.replace("            x = x * scale\n", left))
    assert refusals(file)
    assert "class Net(nn.Module)" in text
