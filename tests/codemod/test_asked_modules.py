# ruff: noqa: E501
"""`if self.proj: x = self.proj(x)` of a module in the place of None: what follows has the one or the other size."""

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
    load,
    migrate,
    name_of,
    run_in_tree_mode,
)

_SPLIT = """\
def split(features):
    if features is None or isinstance(features, int):
        return None, features
    return features[:-1], features[-1]


"""
_NET = """\
class Net(nn.Module):
    wide: int | None = None

    def setup(self):
        hidden, width = split(self.wide)
        if width is None:
            self.proj = None
        else:
            self.proj = nn.Dense(width)
        self.head = nn.Dense(3)

    def __call__(self, x):
        if self.proj:
            x = self.proj(x)
        return self.head(x)
"""
_NNX = """\
class Net(nnx.Module):
    def __init__(self, in_features: int, wide: int | None = None, *, rngs: nnx.Rngs):
        hidden, width = split(wide)
        if width is None:
            self.proj = None
        else:
            self.proj = nnx.Linear(in_features, width, rngs=rngs)
        self.head = nnx.Linear(
            width if width is not None else in_features, 3, rngs=rngs
        )

    def __call__(self, x):
        if self.proj:
            x = self.proj(x)
        return self.head(x)
"""
_UNPACKED, _ASKED, _CALLED = (
    "hidden, width = split(self.wide)",
    "if self.proj:\n            x = self.proj(x)",
    "return self.head(x)",
)


def _net(unpacked: str = _UNPACKED, asked: str = _ASKED) -> str:
    return HEADER + _SPLIT + _NET.replace(_UNPACKED, unpacked).replace(_ASKED, asked)


def test_transformed() -> None:
    check_transformed(_net(), NNX_HEADER + _SPLIT + _NNX)


ASKED = (
    _net(),
    _net("width = self.wide"),
    _net(asked="if not self.proj:\n            return self.head(x)\n        x = self.proj(x)"),
    _net(asked="x = self.proj(x) if self.proj else x"),
)


@pytest.mark.parametrize("before", ASKED)
def test_both_compute_the_same(before: str) -> None:
    calls = [Call("Net", (6,), {"wide": wide}, (f32(2, 6),)) for wide in (None, 4)]
    check_equivalent(before, *calls)
    run_in_tree_mode(load(migrate(before)[0]), calls[0])


_OWN = _net().replace("nn.Dense(width)", "Own(width)").replace("class Net", """\
class Own(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.width)(x)

    def __len__(self):
        return self.width - 4


class Net""")  # fmt: skip
REFUSED = (
    Refusal("it-says-itself-whether-it-is-true", "MN108", _OWN),
    Refusal("the-local-is-another-one-there", "MN108", _net().replace("        self.head", "        width = 3\n        self.head")),
    Refusal("made-before-the-local", "MN108", HEADER + _SPLIT + _NET.replace("        self.head = nn.Dense(3)\n", "").replace("        hidden,", "        self.head = nn.Dense(3)\n        hidden,")),
    Refusal("the-local-is-taken-apart-in-a-loop", "MN108", _net("for _ in range(2):\n            hidden, width = split(self.wide)")),
)  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(case.before, case.code)
