"""Sizes that one method asks for, as another method of the class tells them that calls the same layer."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    run_in_tree_mode,
)
from .check import load as loaded
from .check import migrate as migrated

_BLOCK = """\
class Block(nn.Module):
    width: int

    def setup(self):
        self.dense = nn.Dense(self.width)
        self.norm = nn.LayerNorm()

    def encode(self, images, scale):
        {encode}

    def __call__(self, x):
        return self.norm(self.dense(x))


"""
_ENCODE = "return self.norm(self.dense(images)) * scale"
_TOP = """\
class Top(nn.Module):
    def setup(self):
        self.one = Block(6)
        self.two = Block(4)

    def __call__(self, x):
        return self.two.encode(self.one.encode(x, 2.0), 0.5)
"""
_NNX = """\
class Block(nnx.Module):
    def __init__(self, in_features: int, width: int, *, rngs: nnx.Rngs):
        self.dense = nnx.Linear(in_features, width, rngs=rngs)
        self.norm = nnx.LayerNorm(width, rngs=rngs)

    def encode(self, images, scale):
        return self.norm(self.dense(images)) * scale

    def __call__(self, x):
        return self.norm(self.dense(x))


class Top(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.one = Block(in_features, 6, rngs=rngs)
        self.two = Block(6, 4, rngs=rngs)

    def __call__(self, x):
        return self.two.encode(self.one.encode(x, 2.0), 0.5)
"""
_CALL = Call("Top", (5,), inputs=(f32(2, 5),))


def _model(encode: str = _ENCODE, top: str = _TOP) -> str:
    return HEADER + _BLOCK.format(encode=encode) + top


def test_who_calls_the_other_method_tells_it() -> None:
    check_transformed(_model(), NNX_HEADER + _NNX)


def test_both_compute_the_same() -> None:
    check_equivalent(_model(), _CALL)
    run_in_tree_mode(loaded(migrated(_model())[0]), _CALL)


def test_a_part_of_its_argument_is_told() -> None:
    encode = "return self.norm(self.dense(images[..., 2:])) * scale"
    top = _TOP.replace("self.two.encode(self.one.encode(x, 2.0), 0.5)", "self.two(self.one(x))")
    check_equivalent(_model(encode, top), _CALL)


@pytest.mark.parametrize(
    "encode",
    [
        "return self.norm(self.dense(images[..., 2:])) * scale",  # another size than that of its argument
        "return self.norm(self.dense(strange(images))) * scale",
        "images = strange(images)\n        return self.norm(self.dense(images)) * scale",
        "return self.norm(self.dense(images @ scale))",
    ],
)
def test_what_is_no_size_of_an_argument_is_refused(encode: str) -> None:
    check_refused(_model(encode), "MN108")


def test_another_layer_tells_nothing() -> None:
    """The kernel is of `dense`, and `norm` has as many features as that gives."""
    block = _BLOCK.format(encode="return self.norm(images) * scale")
    top = _TOP.replace("self.one.encode(x, 2.0)", "self.one(x)")
    check_refused(HEADER + block + top, "MN108")
