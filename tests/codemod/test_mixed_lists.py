# ruff: noqa: E501
"""Lists to which every round of a loop in setup appends several modules."""

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

PAIRS = """\
class Pairs(nn.Module):
    widths: tuple[int, ...] = (4, 3, 6)

    def setup(self):
        self.first = nn.Dense(self.widths[0])
        blocks = []
        for i in range(len(self.widths) - 1):
            here = self.widths[i]
            # keeps it
            one = nn.Dense(here + 1, use_bias=False)
            blocks.append(one)
            blocks.append(nn.Dense(self.widths[i + 1]))
        self.blocks = blocks
        self.last = nn.Dense(2)

    def __call__(self, x):
        x = self.first(x)
        for block in self.blocks:
            x = nn.silu(block(x))
        return self.last(x)
"""
NNX_PAIRS = """\
class Pairs(nnx.Module):
    def __init__(
        self,
        in_features: int,
        widths: tuple[int, ...] = (4, 3, 6),
        *,
        rngs: nnx.Rngs,
    ):
        self.first = nnx.Linear(in_features, widths[0], rngs=rngs)
        self.blocks = nnx.List()
        features = widths[0]
        for i in range(len(widths) - 1):
            here = widths[i]
            # keeps it
            self.blocks.append(
                nnx.Linear(features, here + 1, use_bias=False, rngs=rngs)
            )
            self.blocks.append(nnx.Linear(widths[i] + 1, widths[i + 1], rngs=rngs))
            features = widths[i + 1]
        self.last = nnx.Linear(features, 2, rngs=rngs)

    def __call__(self, x):
        x = self.first(x)
        for block in self.blocks:
            x = nnx.silu(block(x))
        return self.last(x)
"""
OTHERS = """\
class Block(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x, train: bool = False):
        x = nn.BatchNorm(use_running_average=not train)(nn.Dense(self.width)(x))
        return nn.Dropout(0.0, deterministic=not train)(x)


class Wider(nn.Module):
    width: int

    def setup(self):
        self.inner = nn.Dense(self.width)
        self.norm = nn.LayerNorm()

    def __call__(self, x, train: bool = False):
        return self.norm(self.inner(x)) * (2 if train else 1)


class Kinds(nn.Module):
    depth: int = 2
    width: int = 3

    def setup(self):
        layers = []
        for i in range(self.depth):
            layers.append(Block(self.width + i))
            layers.append(Wider(self.width * 2))
            layers.append(Block(self.width))
        self.layers = layers

    def __call__(self, x, train: bool = False):
        for layer in self.layers:
            x = layer(x, train=train)
        return x / len(self.layers)


class Behind(nn.Module):
    depth: int = 2

    def setup(self):
        layers = [nn.Dense(5)]
        for _ in range(self.depth):
            layers.append(nn.Dense(4, use_bias=False))
            layers.append(nn.Dense(3))
        self.layers = layers

    def __call__(self, x, skip: bool = True):
        for layer in self.layers:
            y = layer(x)
            x = nn.tanh(y)
        return x


class Norms(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Stack(3)(x) + Stack(2)(x[..., :3])[..., :1]


class Stack(nn.Module):
    depth: int

    def setup(self):
        layers = []
        for _ in range(self.depth):
            layers.append(nn.LayerNorm())
            layers.append(nn.RMSNorm())
        self.layers = layers

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x) + x
        return x
"""
_X = f32(3, 5)


def test_transformed() -> None:
    check_transformed(HEADER + PAIRS, NNX_HEADER + NNX_PAIRS)


def test_computes_the_same() -> None:
    calls = [Call("Pairs", (5,), {"widths": widths}, (_X,)) for widths in ((4, 3, 6), (4,), (2, 7))]
    kinds = [
        Call("Kinds", (5,), {"depth": depth}, (_X, train)) for depth in (1, 3) for train in (True, False)
    ]
    others = [Call("Behind", (5,), {"depth": depth}, (_X,)) for depth in (0, 2)]
    check_equivalent(
        HEADER + PAIRS + "\n\n" + OTHERS, *calls, *kinds, *others, Call("Norms", (5,), {}, (_X,))
    )


def _pairs(old: str, new: str) -> str:
    assert old in PAIRS
    return HEADER + PAIRS.replace(old, new)


BEHIND = """\
class Pairs(nn.Module):
    depth: int = 2

    def setup(self):
        layers = []
        norms = []
        for i in range(self.depth):
            layers.append(nn.Dense(3 + i))
            norms.append(nn.LayerNorm())
        self.layers = layers
        self.norms = norms

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        for norm in self.norms:
            x = norm(x)
        return x
"""
WITHIN = """\
class Pairs(nn.Module):
    depth: int = 2

    def setup(self):
        self.layers = [nn.Dense(3 + i) for i in range(self.depth)]
        self.norms = [nn.LayerNorm() for _ in range(self.depth)]

    def __call__(self, x):
        for i, layer in enumerate(self.layers):
            x = layer(self.norms[i](x))
        return x
"""

_ONE, _TWO = "            blocks.append(one)\n", "            blocks.append(nn.Dense(self.widths[i + 1]))\n"
_LOOP = "        for block in self.blocks:\n            x = nn.silu(block(x))\n"
REFUSED = (
    Refusal("names-of-their-own", "MN204", _pairs(_TWO, _TWO.replace("1]))", '1], name=f"b{i}"))')).replace("use_bias=False", 'name=f"a{i}"')),
    Refusal("one-of-them-in-some-rounds", "MN101", _pairs(_TWO, "            if i:\n    " + _TWO)),
    Refusal("a-round-that-ends-early", "MN209", _pairs(_TWO, "            if i:\n                continue\n" + _TWO)),
    Refusal("a-round-that-adds-more", "MN101", _pairs(_TWO, _TWO + "            for _ in range(2):\n    " + _TWO)),
    Refusal("another-loop-goes-on", "MN101", _pairs("        self.blocks = blocks", "        for i in range(2):\n" + _TWO + "        self.blocks = blocks")),
    Refusal("told-behind-the-loop", "MN108", HEADER + BEHIND),
    Refusal("told-in-the-loop", "MN108", HEADER + WITHIN),
    Refusal("a-function-between", "MN101", _pairs(_TWO, "            blocks.append(nn.relu)\n" + _TWO)),
    Refusal("put-in-front", "MN101", _pairs(_TWO, "            blocks.insert(0, nn.Dense(self.widths[i + 1]))\n")),
    Refusal("one-by-its-place", "MN101", _pairs(_LOOP, "        x = self.blocks[0](x)\n")),
    Refusal("all-but-some", "MN101", _pairs("in self.blocks:", "in self.blocks[1:]:")),
    Refusal("every-other-one", "MN101", _pairs("in self.blocks:", "in self.blocks[::2]:")),
    Refusal("in-pairs", "MN101", _pairs("for block in self.blocks:\n            x = nn.silu(block(x))", "for a, b in zip(self.blocks[::2], self.blocks[1::2]):\n            x = b(a(x))")),
    Refusal("beside-others", "MN101", _pairs("for block in self.blocks:", "for block, width in zip(self.blocks, self.widths):")),
    Refusal("other-arguments-in-NNX", "MN101", _pairs(_TWO, "            blocks.append(nn.Dropout(0.5))\n").replace("block(x)", "block(x, True)").replace("nn.Dense(here + 1, use_bias=False)", "nn.BatchNorm()")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file) if d.subject == "Pairs"}, file.diagnostics
    assert text == refusal.before


def test_names_that_a_checkpoint_could_not_tell() -> None:
    """Linen counts below both of them, and the names in NNX may be those of the one or of the other."""
    kind = "class {}(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return {}\n\n\n"
    classes = kind.format("One", "nn.Dense(3)(x)") + kind.format("Two", "nn.Dense(3)(nn.Dense(4)(x))")
    source = _pairs(_TWO, "            blocks.append(Two())\n")
    _, file, _ = migrate(source.replace("nn.Dense(here + 1, use_bias=False)", "One()") + "\n\n" + classes)
    assert ("MN204", "Pairs") in {(d.code, d.subject) for d in refusals(file)}, file.diagnostics
