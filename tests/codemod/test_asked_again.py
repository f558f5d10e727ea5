# ruff: noqa: E501
"""A condition that asks an argument again has the side that ran before: names are what that side has bound."""

import pytest
from flax import nnx

from .check import HEADER, NNX_HEADER, Call, Refusal, check_equivalent, check_refused, f32, migrate, name_of

ATTEND = """\
class Keys(nn.Module):
    heads: int
    fused: bool = False

    def setup(self):
        if self.fused:
            self.both = nn.DenseGeneral((2, self.heads, 4))
        else:
            self.keys = nn.DenseGeneral((self.heads, 4))
            self.values = nn.DenseGeneral((self.heads, 4))
        self.norm = nn.LayerNorm()
        self.scale = nn.RMSNorm()

    def __call__(self, x, shared=None):
        if self.fused:
            if shared is not None:
                k = shared["k"]
                v = shared["v"]
            else:
                both = self.both(x)
                k, v = both[..., 0, :, :], both[..., 1, :, :]
        else:
            if shared is None:
                k = self.keys(x)
                v = self.values(x)
            else:
                k = shared["k"]
                v = shared["v"]
        if shared is None:
            k = self.norm(k)
        y = k * 2
        if shared is None:
            v = self.scale(v)
        return y + v
"""
NNX_ATTEND = """\
class Keys(nnx.Module):
    def __init__(
        self,
        in_features: int,
        heads: int,
        fused: bool = False,
        *,
        rngs: nnx.Rngs,
    ):
        self.fused = fused
        if fused:
            self.both = nnx.LinearGeneral(in_features, (2, heads, 4), rngs=rngs)
        else:
            self.keys = nnx.LinearGeneral(in_features, (heads, 4), rngs=rngs)
            self.values = nnx.LinearGeneral(in_features, (heads, 4), rngs=rngs)
        self.norm = nnx.LayerNorm(4, rngs=rngs)
        self.scale = nnx.RMSNorm(4, rngs=rngs)

    def __call__(self, x, shared=None):
        if self.fused:
            if shared is not None:
                k = shared["k"]
                v = shared["v"]
            else:
                both = self.both(x)
                k, v = both[..., 0, :, :], both[..., 1, :, :]
        else:
            if shared is None:
                k = self.keys(x)
                v = self.values(x)
            else:
                k = shared["k"]
                v = shared["v"]
        if shared is None:
            k = self.norm(k)
        y = k * 2
        if shared is None:
            v = self.scale(v)
        return y + v
"""


def test_transformed() -> None:
    text, _, _ = migrate(HEADER + ATTEND)
    assert text == NNX_HEADER + NNX_ATTEND


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
@pytest.mark.parametrize("fused", [True, False])
def test_computes_the_same(fused: bool, graph: bool) -> None:
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        check_equivalent(HEADER + ATTEND, Call("Keys", (5,), {"heads": 3, "fused": fused}, (f32(2, 7, 5),)))


SHORT = """\
class Keys(nn.Module):
    def setup(self):
        self.keys = nn.Dense(4)
        self.norm = nn.LayerNorm()

    def __call__(self, x, shared=None):
        if shared is None:
            k = self.keys(x)
        else:
            k = open_up(shared)
        if shared is None:
            k = self.norm(k)
        return k
"""

_AGAIN = """\
        if shared is None:
            k = self.norm(k)
"""


def _between(code: str) -> str:
    return HEADER + SHORT.replace(_AGAIN, code + _AGAIN)


REFUSED = (
    Refusal("what-it-is-now", "MN108", _between("        k = open_up(k)\n")),
    Refusal("on-a-condition", "MN108", _between("        if x.any():\n            k = open_up(k)\n")),
    Refusal("in-a-loop", "MN108", _between("        for i in range(3):\n            k = open_up(k)\n")),
    Refusal("by-a-loop", "MN108", _between("        for k in x:\n            pass\n")),
    Refusal("by-a-with", "MN108", _between("        with open_up(x) as k:\n            pass\n")),
    Refusal("in-a-test", "MN108", _between("        y = x if (k := open_up(k)) else x\n")),
    Refusal("by-a-pattern", "MN108", _between("        match open_up(x):\n            case [k]:\n                pass\n")),
    Refusal("by-an-import", "MN108", _between("        from a import k\n")),
    Refusal("another-argument", "MN108", _between("        shared = open_up(shared)\n")),
    Refusal("as-one-of-two", "MN108", _between("        shared, y = open_up(x), 1\n")),
    Refusal("bound-below-it", "MN108", HEADER + SHORT.replace("self.keys(x)\n", "self.keys(x)\n            shared = 3\n")),
    Refusal("the-other-side", "MN108", HEADER + SHORT.replace(_AGAIN, _AGAIN.replace("is None", "is not None"))),
    Refusal("another-question", "MN201", HEADER + SHORT.replace(_AGAIN, _AGAIN.replace("shared", "x"))),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    check_refused(refusal.before, refusal.code)


def test_the_short_one_is_not_refused() -> None:
    text, _, _ = migrate(HEADER + SHORT)
    assert "self.norm = nnx.LayerNorm(4, rngs=rngs)" in text
