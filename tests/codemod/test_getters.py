# ruff: noqa: E501
"""Properties that say a size of the fields, or which submodule there is."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_transformed,
    f32,
    migrate,
    name_of,
    refusals,
)

BLOCK = """\
class Block(nn.Module):
    width: int
    heads: int
    kind: str = "wide"

    @property
    def size(self) -> int:
        \"\"\"Of each head.\"\"\"
        return self.width // self.heads

    @property
    def inner(self):
        match self.kind:
            case "wide":
                return self.wide
            case "deep":
                return self.deep

    def setup(self):
        match self.kind:
            case "wide":
                self.wide = nn.Dense(self.size)
            case "deep":
                self.deep = nn.Dense(2 * self.size, use_bias=False)
        self.last = nn.Dense(self.width)

    def __call__(self, x):
        return self.last(nn.relu(self.inner(x)))
"""
NNX_BLOCK = """\
class Block(nnx.Module):
    def __init__(
        self,
        in_features: int,
        width: int,
        heads: int,
        kind: str = "wide",
        *,
        rngs: nnx.Rngs,
    ):
        self.width = width
        self.heads = heads
        self.kind = kind
        match kind:
            case "wide":
                self.wide = nnx.Linear(in_features, self.size, rngs=rngs)
            case "deep":
                self.deep = nnx.Linear(
                    in_features, 2 * self.size, use_bias=False, rngs=rngs
                )
        self.last = nnx.Linear(
            width // heads if kind == "wide" else 2 * (width // heads), width, rngs=rngs
        )

    @property
    def size(self) -> int:
        \"\"\"Of each head.\"\"\"
        return self.width // self.heads

    @property
    def inner(self):
        match self.kind:
            case "wide":
                return self.wide
            case "deep":
                return self.deep

    def __call__(self, x):
        return self.last(nnx.relu(self.inner(x)))
"""
FORMS = """\


class Chosen(nn.Module):
    norm: bool = True
    count: int = 3

    def setup(self):
        if self.norm:
            self.one = nn.LayerNorm()
        else:
            self.two = nn.Dense(5)
        self.out = nn.Dense(self.total)

    @property
    def first(self):
        if self.norm:
            return self.one
        return self.two

    @property
    def total(self):
        return 2 * self.half if self.count > 2 else self.half

    @property
    def half(self):
        if self.count < 0:
            raise ValueError(self.count)
        return self.count + 1

    def __call__(self, x):
        return self.out(self.first(x)) + self.first(x).sum()


class Attention(nn.Module):
    width: int = 6
    heads: int = 2

    @property
    def size(self):
        return self.width // self.heads

    @nn.compact
    def __call__(self, x):
        q = einops.rearrange(nn.Dense(self.width)(x), "... (h d) -> ... h d", h=self.heads)
        k = einops.rearrange(nn.Dense(self.size)(x), "... (h d) -> ... h d", h=1)
        logits = einops.einsum(q, k, "b time head d, b space head d -> b head time space")
        mixed = einops.einsum(nn.softmax(logits), k, "b n t s, b s n h -> b t n h")
        return nn.Dense(3)(einops.rearrange(mixed, "... n h -> ... (n h)", n=self.heads))
"""
_X = f32(3, 5)


def test_transformed() -> None:
    check_transformed(HEADER + BLOCK, NNX_HEADER + NNX_BLOCK)


def test_computes_the_same() -> None:
    fields = {"width": 6, "heads": 2}
    calls = [
        *(Call("Block", (5,), {**fields, "kind": kind}, (_X,)) for kind in ("wide", "deep")),
        *(Call("Chosen", (5,), {"norm": norm, "count": n}, (_X,)) for norm, n in ((True, 2), (False, 3))),
        Call("Attention", (5,), {}, (f32(2, 3, 5),)),
    ]
    check_equivalent("import einops\n" + HEADER + BLOCK + FORMS, *calls)


def _block(old: str, new: str) -> str:
    assert old in BLOCK
    return HEADER + BLOCK.replace(old, new)


_LAST = "        return self.last(nn.relu(self.inner(x)))\n"
REFUSED = (
    Refusal("handed-on", "MN101", _block(_LAST, "        return self.last(nn.relu(jax.vmap(self.inner)(x)))\n")),
    Refusal("kept", "MN101", _block(_LAST, "        inner = self.inner\n        return self.last(nn.relu(inner(x)))\n")),
    Refusal("that-does-more", "MN101", _block("        match self.kind:\n            case \"wide\":\n                return", "        print(self.kind)\n        match self.kind:\n            case \"wide\":\n                return")),
    Refusal("a-pair", "MN101", _block("return self.wide\n", "return self.wide, 1\n").replace("self.inner(x)", "self.inner[0](x)")),
    Refusal("a-method", "MN101", _block("    @property\n    def inner", "    def inner").replace("self.inner(x)", "self.inner()(x)")),
    Refusal("cached", "MN101", "import functools\n" + _block("    @property\n    def inner", "    @functools.cached_property\n    def inner")),
    Refusal("a-mode", "MN101", _block("self.deep = nn.Dense(2 * self.size, use_bias=False)", "self.deep = nn.BatchNorm(use_running_average=True)")),
    Refusal("a-transform", "MN101", _block("nn.Dense(2 * self.size, use_bias=False)", "nn.remat(nn.Dense)(2 * self.size)")),
    Refusal("replaced-size", "MN104", HEADER + BLOCK + "\n\nclass Other(Block):\n    @property\n    def size(self):\n        return 1\n"),
    Refusal("replaced-module", "MN104", HEADER + BLOCK + "\n\nclass Other(Block):\n    @property\n    def inner(self):\n        return lambda x: x\n"),
    Refusal("replaced-size-of-a-shape", "MN104", HEADER + "class Base(nn.Module):\n    width: int\n\n    @property\n    def size(self):\n        return self.width\n\n    def __call__(self, x):\n        return jnp.ones((3, self.size)) * x.sum()\n\n\nclass Sub(Base):\n    @property\n    def size(self):\n        return 2 * self.width\n\n\nclass Top(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nn.Dense(2)(Sub(4)(x))\n"),
    Refusal("that-asks-for-the-input", "MN101", _block("        match self.kind:\n            case \"wide\":\n                return", "        match self.last(1):\n            case \"wide\":\n                return")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file)}, file.diagnostics
    assert "(nn.Module)" in text
