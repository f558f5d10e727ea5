"""Modules that one comprehension of setup makes and several attributes get."""

import pytest

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_transformed, f32, migrate, refusals

SETUP = """\
class Attention(nn.Module):
    dim: int = 6

    def setup(self):
        self.wq, self.wk, self.wo = [nn.Dense(self.dim, use_bias=False) for _ in range(3)]

    def __call__(self, x):
        q, k = (w(x) for w in (self.wq, self.wk))
        return self.wo(nn.softmax(q @ k.swapaxes(-2, -1)) @ x)
"""
NNX = """\
class Attention(nnx.Module):
    def __init__(self, in_features: int, dim: int = 6, *, rngs: nnx.Rngs):
        self.wq = nnx.Linear(in_features, dim, use_bias=False, rngs=rngs)
        self.wk = nnx.Linear(in_features, dim, use_bias=False, rngs=rngs)
        self.wo = nnx.Linear(in_features, dim, use_bias=False, rngs=rngs)

    def __call__(self, x):
        q, k = (w(x) for w in (self.wq, self.wk))
        return self.wo(nnx.softmax(q @ k.swapaxes(-2, -1)) @ x)
"""


def test_each_has_an_assignment_of_its_own() -> None:
    check_transformed(HEADER + SETUP, NNX_HEADER + NNX)
    check_equivalent(HEADER + SETUP, Call("Attention", (5,), {}, (f32(2, 4, 5),)))


@pytest.mark.parametrize(
    ("old", "new"),
    [("range(3)", "range(self.dim // 2)"), ("nn.Dense(self.dim, use_bias=False)", "nn.Dense(self.dim + _)")],
)
def test_others_stay_as_they_are(old: str, new: str) -> None:
    assert old in SETUP
    text, file, _ = migrate(HEADER + SETUP.replace(old, new))
    assert "class Attention(nn.Module)" in text
    assert refusals(file)
