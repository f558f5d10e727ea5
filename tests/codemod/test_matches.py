# ruff: noqa: E501
"""`match` in setup, which is read as the conditions that ask the same."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_transformed,
    f32,
    load,
    migrate,
    name_of,
    refusals,
    run_once,
)

KIND = """\
class Kind:
    WIDE = "wide"
    DEEP = "deep"


"""
BLOCK = """\
class Block(nn.Module):
    kind: str
    width: int = 4

    def setup(self):
        match self.kind:
            # one layer
            case Kind.WIDE:
                self.first = nn.Dense(2 * self.width)  # twice
            case Kind.DEEP:
                self.first = nn.Dense(self.width, use_bias=False)
            case _:
                raise ValueError(self.kind)
        self.last = nn.Dense(3)

    def __call__(self, x):
        return self.last(self.first(x))
"""
NNX_BLOCK = """\
class Block(nnx.Module):
    def __init__(self, in_features: int, kind: str, width: int = 4, *, rngs: nnx.Rngs):
        match kind:
            # one layer
            case Kind.WIDE:
                self.first = nnx.Linear(in_features, 2 * width, rngs=rngs)  # twice
            case Kind.DEEP:
                self.first = nnx.Linear(in_features, width, use_bias=False, rngs=rngs)
            case _:
                raise ValueError(kind)
        self.last = nnx.Linear(2 * width if kind == Kind.WIDE else width, 3, rngs=rngs)

    def __call__(self, x):
        return self.last(self.first(x))
"""
FORMS = """\


class Deep(nn.Module):
    size: int | None = None
    kinds: tuple[str, ...] = ("wide", "deep")

    def setup(self):
        match self.size:
            case None:
                self.scale = self.param("scale", nn.initializers.ones, (5,))
                self.count = 2
            case 3:
                self.scale = self.param("scale", nn.initializers.normal(), (5,))
                self.count = 1
            case _:
                pass
        layers = []
        for kind in self.kinds:
            match kind:
                case "wide":
                    width = 8
                case _:
                    width = 5
            layers.append(nn.Dense(width))
        self.layers = layers

    def __call__(self, x):
        x = x * self.scale
        for layer in self.layers:
            x = nn.relu(layer(x))
        return x * self.count


class Sides(nn.Module):
    kind: str = "deep"

    def setup(self):
        match self.kind:
            case "wide":
                self.wide = nn.Dense(8)
            case "deep":
                self.deep = nn.Dense(5)

    def __call__(self, x):
        return self.wide(x) if self.kind == "wide" else self.deep(x)
"""
_X = f32(3, 5)
_SOURCE = HEADER + KIND + BLOCK


def test_transformed() -> None:
    check_transformed(_SOURCE, NNX_HEADER + KIND + NNX_BLOCK)


def test_computes_the_same() -> None:
    calls = [
        *(Call("Block", (5,), {"kind": kind}, (_X,)) for kind in ("wide", "deep")),
        Call("Deep", (), {}, (_X,)),
        Call("Deep", (), {"size": 3, "kinds": ("deep", "wide", "wide")}, (_X,)),
        *(Call("Sides", (5,), {"kind": kind}, (_X,)) for kind in ("wide", "deep")),
    ]
    check_equivalent(_SOURCE + FORMS, *calls)


def _block(old: str, new: str) -> str:
    assert old in BLOCK
    return HEADER + KIND + BLOCK.replace(old, new)


REFUSED = (
    Refusal("a-guard", "MN209", _block("case Kind.WIDE:", "case Kind.WIDE if self.width > 2:")),
    Refusal("a-name", "MN209", _block("case _:", "case other:")),
    Refusal("a-class", "MN209", _block("case Kind.WIDE:", "case str():")),
    Refusal("several-values", "MN209", _block("case Kind.WIDE:", "case Kind.WIDE | 'w':")),
    Refusal("a-call", "MN209", _block("match self.kind:", "match self.kind.lower():")),
    Refusal("one-case", "MN209", _block("            case Kind.DEEP:\n                self.first = nn.Dense(self.width, use_bias=False)\n            case _:\n                raise ValueError(self.kind)\n", "")),
    Refusal("none-before", "MN101", _block("        match self.kind:", "        self.first = None\n        match self.kind:")),
    Refusal("asked-at-the-call", "MN101", HEADER + KIND + BLOCK.replace("        return self.last(self.first(x))", "        match x.ndim:\n            case 2:\n                x = self.first(x)\n            case _:\n                pass\n        return self.last(x)")),
    Refusal("a-transform-in-a-case", "MN101", _block("self.first = nn.Dense(self.width, use_bias=False)", "self.first = nn.remat(nn.Dense)(self.width)")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file)}, file.diagnostics
    assert "(nn.Module)" in text


def test_a_side_without_a_layer_fails_where_it_failed() -> None:
    none = _block(
        "                self.first = nn.Dense(self.width, use_bias=False)",
        "                self.first = None",
    )
    check_equivalent(none, Call("Block", (5,), {"kind": "wide"}, (f32(2, 5),)))
    text, _, _ = migrate(none)
    with pytest.raises(TypeError, match="'NoneType' object is not callable"):
        run_once(load(text), Call("Block", (5,), {"kind": "deep"}, (f32(2, 5),)))
