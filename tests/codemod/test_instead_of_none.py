# ruff: noqa: E501
"""A module on one side of a condition in setup, None on the others."""

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
    migrate,
    name_of,
    refusals,
)

BEFORE = """\
class L(nn.Module):
    kind: str | None = "a"
    width: int = 3

    def setup(self):
        if self.kind is None:
            self.proj = None
        elif self.kind == "a":
            # wide
            self.proj = nn.Dense(self.width)
        elif self.kind == "b":
            self.proj = None  # for now
        else:
            raise ValueError(f"{self.kind} of {self.__class__}")
        self.last = nn.Dense(2)

    def __call__(self, x):
        if x.ndim > 5:
            raise ValueError(f"{self.__class__} takes less")
        added = self.proj(x).sum() if self.proj is not None else 0.0
        if self.proj is None:
            x = x * 2
        return self.last(x + added)
"""
AFTER = """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        kind: str | None = "a",
        width: int = 3,
        *,
        rngs: nnx.Rngs,
    ):
        if kind is None:
            self.proj = None
        elif kind == "a":
            # wide
            self.proj = nnx.Linear(in_features, width, rngs=rngs)
        elif kind == "b":
            self.proj = None  # for now
        else:
            raise ValueError(f"{kind} of {self.__class__}")
        self.last = nnx.Linear(in_features, 2, rngs=rngs)

    def __call__(self, x):
        if x.ndim > 5:
            raise ValueError(f"{self.__class__} takes less")
        added = self.proj(x).sum() if self.proj is not None else 0.0
        if self.proj is None:
            x = x * 2
        return self.last(x + added)
"""


def test_transformed() -> None:
    check_transformed(HEADER + BEFORE, NNX_HEADER + AFTER)


def test_computes_the_same() -> None:
    check_equivalent(
        HEADER + BEFORE, *(Call("L", (5,), {"kind": kind}, (f32(2, 5),)) for kind in ("a", "b", None))
    )


def _with(old: str, new: str) -> str:
    assert old in BEFORE
    return HEADER + BEFORE.replace(old, new)


_NONE = "            self.proj = None  # for now\n"


def test_with_another_attribute() -> None:
    before = _with(_NONE, "            self.proj = self.other = None\n")
    check_equivalent(before, *(Call("L", (5,), {"kind": kind}, (f32(2, 5),)) for kind in ("a", "b", None)))


REFUSED = (
    Refusal("none-in-any-case", "MN101", _with("        self.last = nn", "        self.proj = None\n        self.last = nn")),
    Refusal("two-modules", "MN101", _with(_NONE, "            self.proj = nn.Dense(4)\n")),
    Refusal("none-after-it", "MN101", _with("            self.proj = nn.Dense(self.width)\n", "            self.proj = nn.Dense(self.width)\n            self.proj = None\n")),
    Refusal("in-a-loop", "MN101", _with(_NONE, "            for _ in range(2):\n                self.proj = None\n")),
    Refusal("in-another-method", "MN101", _with("        added", "        self.proj = None\n        added")),
    Refusal("handed-on", "MN101", _with("        added", "        other = self.proj\n        added")),
    Refusal("its-class-is-compared", "MN103", _with("x.ndim > 5", "self.__class__ is L")),
    Refusal("its-class-in-a-text-that-is-kept", "MN103", _with('raise ValueError(f"{self.__class__} takes less")', 'return f"{self.__class__}"')),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    check_refused(refusal.before, refusal.code)


NARROW = """\
class Inner(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(2 * self.width)(x)


class Narrow(nn.Module):
    width: int = 3
    wide: int = 4

    def setup(self):
        if self.width != self.wide:
            self.proj = nn.Dense(self.width)
            self.norm = nn.LayerNorm()
        else:
            self.proj = None
            self.norm = None
        self.layers = Inner(self.width)

    def __call__(self, x):
        if self.proj is not None and self.norm is not None:
            x = self.proj(x)
            x = self.norm(x)
        return self.layers(x)
"""
BOTH = "if self.proj is not None and self.norm is not None:"
ASKED = {
    "both": NARROW,
    "one-of-them": NARROW.replace(BOTH, "if self.proj is not None:"),
    "the-other": NARROW.replace(BOTH, "if self.norm is not None:"),
}  # fmt: skip


@pytest.mark.parametrize("name", ["both", "one-of-them", "the-other"])
def test_a_size_follows_what_setup_asks(name: str) -> None:
    before = HEADER + ASKED[name]
    assert "Inner(width if width != wide else in_features, width, rngs=rngs)" in migrate(before)[0]
    check_equivalent(
        before,
        Call("Narrow", (4,), {}, (f32(2, 4),)),
        Call("Narrow", (4,), {"width": 4}, (f32(2, 4),)),
        Call("Narrow", (5,), {"width": 4}, (f32(2, 5),)),
    )


@pytest.mark.parametrize(
    "before",
    [
        NARROW.replace("            self.norm = None\n", "            self.norm = nn.LayerNorm()\n").replace(BOTH, "if self.proj is not None:"),
        NARROW.replace("        self.layers", "        if self.wide > 9:\n            self.proj = None\n        self.layers"),
        NARROW.replace(BOTH, "if self.proj is not None or self.norm is not None:"),
        NARROW.replace("            self.norm = nn.LayerNorm()\n", "            self.norm = None\n").replace("self.proj = None\n            self.norm = None", "self.norm = nn.LayerNorm()\n            self.proj = None").replace(BOTH, "if self.proj is not None:"),
    ],
    ids=["made-elsewhere-too", "none-again", "one-or-the-other", "on-the-other-side"],
)  # fmt: skip
def test_another_condition(before: str) -> None:
    text, file, _ = migrate(HEADER + before)
    assert "class Narrow(nn.Module)" in text, text
    assert refusals(file)
