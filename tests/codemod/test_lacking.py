# ruff: noqa: E501
"""`hasattr(self, "wrapped")` of what no class of the project has: what stands behind the `else` is all there is."""

import pytest

from .check import (
    Call,
    Case,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    name_of,
)  # fmt: skip

HEADER = "from functools import partial\n\nimport flax.linen as nn\n\n\n"
AFTER = "from functools import partial\n\nfrom flax import nnx\n\n\n"
_X = f32(2, 6)

HOOK = Case("a-hook-of-mixins", """\
class Net(nn.Module):
    dense: type = nn.Dense

    @nn.compact
    def __call__(self, x, train=False):
        if hasattr(self, "wrapped"):
            dense = self.wrapped(self.dense, train=train)
        else:
            dense = self.dense
        dense = partial(dense, use_bias=False)
        x = dense(4)(x)
        if not hasattr(self, "wrapped"):
            # wider
            x = dense(5)(x)
            x = nn.relu(x)
        else:
            x = self.wrapped(x)
        last = self.wrapped(dense) if hasattr(self, "wrapped") else dense
        return last(3)(x)
""", """\
class Net(nnx.Module):
    def __init__(self, in_features: int, dense: type = nnx.Linear, *, rngs: nnx.Rngs):
        dense = partial(dense, use_bias=False)
        self.dense_0 = dense(in_features, 4, rngs=rngs)
        self.dense_1 = dense(4, 5, rngs=rngs)
        last = dense
        self.dense_2 = last(5, 3, rngs=rngs)

    def __call__(self, x, train=False):
        x = self.dense_0(x)
        # wider
        x = self.dense_1(x)
        x = nnx.relu(x)
        return self.dense_2(x)
""", (Call("Net", (6,), {}, (_X,)),))  # fmt: skip


def test_transformed() -> None:
    check_transformed(HEADER + HOOK.before, AFTER + HOOK.after)


def test_computes_the_same() -> None:
    check_equivalent(HEADER + HOOK.before, *HOOK.calls)


def _with(more: str) -> str:
    return HEADER + HOOK.before + more


_MIXIN = "\n\nclass Wrapping:\n    def wrapped(self, layer, train=False):\n        return layer\n\n\nclass Wrapped(Wrapping, Net):\n    pass\n"
REFUSED = (
    Refusal("a-mixin-has-it", "MN101", _with(_MIXIN)),
    Refusal("a-class-that-inherits", "MN101", _with("\n\nclass Other(Net):\n    def wrapped(self, layer, train=False):\n        return layer\n")),
    Refusal("a-field", "MN101", _with("\n\nclass Other(Net):\n    wrapped: object = None\n")),
    Refusal("in-the-class-body", "MN101", _with("\n\nclass Other(Net):\n    wrapped = staticmethod(lambda layer, train=False: layer)\n")),
    Refusal("a-base-elsewhere", "MN101", "from other import Base\n" + HEADER + HOOK.before.replace("(nn.Module)", "(Base, nn.Module)")),
    Refusal("given-to-the-class", "MN101", _with("\n\nNet.wrapped = lambda self, layer, train=False: layer\n")),
    Refusal("given-by-its-name", "MN101", _with('\n\nsetattr(Net, "wrapped", lambda self, layer, train=False: layer)\n')),
    Refusal("set-by-a-method", "MN101", _with("\n    def grow(self, name, value):\n        object.__setattr__(self, name, value)\n")),
)  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_stays_linen(case: Refusal) -> None:
    check_refused(case.before, case.code)
