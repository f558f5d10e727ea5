"""A local of setup that holds a module until the next statement puts it into a list."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    name_of,
)

_NET = """\
class Net(nn.Module):
    units: tuple[int, ...] = (3, 4)

    def setup(self):
        layers = []
        # all but the last one
        for i, n in enumerate(self.units):
            layer = nn.Dense(
                n,
                use_bias=i > 0,
            )
            layers.append(layer)
            if i < len(self.units) - 1:
                layers.append(nn.relu)
        self.net = nn.Sequential(layers)

    def __call__(self, x):
        return self.net(x)
"""
_AFTER = """\
class Net(nnx.Module):
    def __init__(
        self,
        in_features: int,
        units: tuple[int, ...] = (3, 4),
        *,
        rngs: nnx.Rngs,
    ):
        layers = []
        # all but the last one
        for i, n in enumerate(units):
            layers.append(nnx.Linear(in_features, n, use_bias=i > 0, rngs=rngs))
            if i < len(units) - 1:
                layers.append(nnx.relu)
            in_features = n
        self.net = nnx.Sequential(*layers)

    def __call__(self, x):
        return self.net(x)
"""


def test_is_migrated() -> None:
    check_transformed(HEADER + _NET, NNX_HEADER + _AFTER)


def test_computes_the_same() -> None:
    calls = [Call("Net", (5,), {"units": units}, (f32(2, 5),)) for units in ((3, 4), (4,))]
    check_equivalent(HEADER + _NET, *calls)


def _with(old: str, new: str) -> str:
    assert old in _NET
    return HEADER + _NET.replace(old, new)


_APPEND = "            layers.append(layer)\n"
REFUSED = (
    Refusal("read-again", "MN101", _with(_APPEND, _APPEND + "            self.first = layer\n")),
    Refusal("statement-between", "MN101", _with(_APPEND, "            k = n\n" + _APPEND)),
    Refusal("comment-between", "MN101", _with(_APPEND, "            # the next one\n" + _APPEND)),
    Refusal(
        "on-one-line", "MN101", _with("            )\n" + _APPEND, "            ); layers.append(layer)\n")
    ),
    Refusal(
        "bound-before", "MN101", _with("        layers = []\n", "        layers = []\n        layer = 3\n")
    ),
    Refusal("inserted", "MN101", _with("layers.append(layer)", "layers.insert(0, layer)")),
)


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_is_refused(case: Refusal) -> None:
    check_refused(case.before, case.code)
