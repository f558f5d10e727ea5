"""A compact method that returns early: nothing behind that is made then, nor in the constructor."""

import pytest

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_transformed, f32, migrate, refusals

OTHERS = """\
class Net(nn.Module):
    linear: bool = True

    @nn.compact
    def __call__(self, x):
        if self.linear:
            return nn.Dense(3)(x)
        x = nn.LayerNorm()(x)
        return nn.Conv(3, (3,))(x)
"""
NNX_OTHERS = """\
class Net(nnx.Module):
    def __init__(self, in_features: int, linear: bool = True, *, rngs: nnx.Rngs):
        self.linear = linear
        if linear:
            self.dense_0 = nnx.Linear(in_features, 3, rngs=rngs)
            return
        self.layer_norm_0 = nnx.LayerNorm(in_features, rngs=rngs)
        self.conv_0 = nnx.Conv(in_features, 3, (3,), rngs=rngs)

    def __call__(self, x):
        if self.linear:
            return self.dense_0(x)
        x = self.layer_norm_0(x)
        return self.conv_0(x)
"""
ALIKE = """\
class Net(nn.Module):
    size: str = "small"

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(6)(x)
        if self.size == "small":
            return nn.Dense(3)(x)
        if self.size == "middle":
            x = nn.Dense(5)(x)
            return nn.Dense(4)(nn.relu(x))
        return nn.Dense(7)(x)
"""


def _calls(field: str, *values: object) -> list[Call]:
    return [Call("Net", (5,), {field: value}, (f32(2, 4, 5),)) for value in values]


def test_what_stands_behind_is_not_made() -> None:
    check_transformed(HEADER + OTHERS, NNX_HEADER + NNX_OTHERS)
    check_equivalent(HEADER + OTHERS, *_calls("linear", True, False))


def test_one_name_for_what_takes_the_place_of_another() -> None:
    check_equivalent(HEADER + ALIKE, *_calls("size", "small", "middle", "large"))
    text, _, _ = migrate(HEADER + ALIKE)
    assert text.count("self.dense_1 = ") == 3
    assert text.count("            return\n") == 2


def test_two_sides_need_no_return() -> None:
    source = OTHERS.replace(
        "        x = nn.LayerNorm()(x)\n        return", "        else:\n            return"
    )
    text, _, _ = migrate(HEADER + source)
    assert "            return\n" not in text
    check_equivalent(HEADER + source, *_calls("linear", True, False))


BY_ARGUMENT = """\
class Net(nn.Module):
    @nn.compact
    def __call__(self, x, mask=None):
        if mask is not None:
            return nn.Dense(3)(x * mask)
        return nn.Dense(4)(x)


class Masked(nn.Module):
    @nn.compact
    def __call__(self, x, mask):
        return Net()(x, mask)
"""
ROUNDS = """\
class Net(nn.Module):
    depth: int = 3

    @nn.compact
    def __call__(self, x):
        for i in range(self.depth):
            if self.depth == i + 1:
                return nn.Dense(3, name="last")(x)
            x = nn.Dense(5, name="last")(x)
        return x
"""


@pytest.mark.parametrize("source", [BY_ARGUMENT, ROUNDS])
def test_what_a_constructor_does_not_follow_stays_linen(source: str) -> None:
    text, file, _ = migrate(HEADER + source)
    assert "class Net(nn.Module)" in text
    assert refusals(file)
