"""Sizes behind loops of submodules: what the last round gives, or what came in where there may be no round."""

import pytest

from .check import Call, check_equivalent, f32, listed, migrate, with_header
from .functions_transformed import OTHER_WIDTH

_BLOCK = """\
class Layer(nn.Module):
    f: int = None

    def setup(self):
        self.dense = nn.Dense(7 if self.f is None else self.f)

    def __call__(self, x):
        return self.dense(x)


class Block(nn.Module):
    f: int
    depth: int = 1
    closed: bool = True

    def setup(self):
        layers = []
        for i in range(self.depth):
            layers.append(Layer(self.f))
        self.layers = layers
        if self.closed:
            self.out = nn.Dense(self.f)

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        if self.closed:
            x = self.out(x)
        return x


class L(nn.Module):
    sizes: tuple = (3, 4)
    depth: int = 1

    def setup(self):
        blocks = []
        back = list(reversed(self.sizes))
        for i, _ in enumerate(self.sizes):
            is_last = i == len(self.sizes) - 1
            block = Block(back[i], self.depth, closed=not is_last)
            blocks.append(block)
        self.blocks = blocks
        self.head = nn.Dense(2)

    def __call__(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(x)
"""
_X = f32(2, 6)


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_blocks_of_layers(depth: int) -> None:
    check_equivalent(with_header(_BLOCK), Call("L", (6,), {"depth": depth}, (_X,)))


def test_no_block_at_all() -> None:
    check_equivalent(with_header(_BLOCK), Call("L", (6,), {"sizes": ()}, (_X,)))


def test_what_an_expert_would_write() -> None:
    """A field that is an `int` and has to be given is not None; one test says that there is a round."""
    text, file, _ = migrate(with_header(_BLOCK), line_length=110)
    assert "            in_features = f\n" in text, listed(file)
    assert "in_features = back[i] if i != len(sizes) - 1 or depth > 0 else in_features\n" in text


_LISTED = _BLOCK.replace(
    """\
        layers = []
        for i in range(self.depth):
            layers.append(Layer(self.f))
        self.layers = layers
""",
    "        self.layers = [Layer(self.f) for _ in range(self.depth)]\n",
)
_ZIPPED = (
    _BLOCK.replace("for layer in self.layers:", "for layer, norm in zip(self.layers, self.norms):")
    .replace("            x = layer(x)\n", "            x = layer(norm(x))\n")
    .replace("        self.layers = layers\n", "        self.layers = layers\n        self.norms = norms\n")
    .replace("        layers = []\n", "        layers = []\n        norms = []\n")
    .replace(
        "            layers.append(Layer(self.f))\n",
        "            layers.append(Layer(self.f))\n            norms.append(nn.LayerNorm())\n",
    )
)
_APART = _ZIPPED.replace(
    "            norms.append(nn.LayerNorm())\n",
    "        for i in range(self.depth):\n            norms.append(nn.LayerNorm())\n",
)

_OPTIONAL = _BLOCK.replace("    f: int\n    depth", "    f: int = None\n    depth").replace(
    "nn.Dense(self.f)\n\n    def __call__(self, x):\n        for",
    "nn.Dense(5)\n\n    def __call__(self, x):\n        for",
)


@pytest.mark.parametrize("source", [_LISTED, _ZIPPED, _OPTIONAL], ids=["listed", "zipped", "optional"])
@pytest.mark.parametrize("depth", [0, 2])
def test_other_lists(source: str, depth: int) -> None:
    check_equivalent(with_header(source), Call("L", (6,), {"depth": depth}, (_X,)))


def test_the_rounds_of_a_child_of_a_child() -> None:
    """Without blocks the head has another width than with them."""
    text, _, _ = migrate(with_header(OTHER_WIDTH))
    assert "self.head = nnx.Linear(width, 3, rngs=rngs)" in text
    check_equivalent(with_header(OTHER_WIDTH), Call("Model", (6,), {}, (_X,)))


_MAYBE = _LISTED.replace(
    "        self.layers = [Layer(self.f) for _ in range(self.depth)]\n",
    """\
        if self.closed:
            self.layers = [Layer(self.f) for _ in range(self.depth)]
        else:
            self.layers = []
""",
)
_CHOSEN = _LISTED.replace("range(self.depth)]\n", "range(self.depth)] if self.closed else []\n")
_LEAVES = _BLOCK.replace(
    "            x = layer(x)\n",
    "            if self.depth > 1:\n                break\n            x = layer(x)\n",
)
_OMITS = _BLOCK.replace("for layer in self.layers:", "for layer in self.layers[:-1]:")
_SKIPS = _BLOCK.replace(
    "            layers.append(Layer",
    "            if i > 2:\n                continue\n            layers.append(Layer",
)
_UNTIL = _BLOCK.replace("range(self.depth)", "range(1, self.depth)")


@pytest.mark.parametrize(
    "source",
    [_LEAVES, _OMITS, _SKIPS, _UNTIL, _APART, _MAYBE, _CHOSEN],
    ids=["leaves", "omits", "skips", "until", "apart", "maybe", "chosen"],
)
def test_rounds_that_are_not_counted(source: str) -> None:
    _, file, _ = migrate(with_header(source))
    assert "L stays Linen" in listed(file)


_KEPT = """\
class Kept(nn.Module):
    widths: tuple[int, ...] = (4, 4)
    depth: int = 3

    @nn.compact
    def __call__(self, x):
        first = nn.Dense(4)(x)
        outs = [first]
        for i in range(self.depth):
            x = nn.Dense(4)(x)
            outs.append(x)
        for _ in self.widths:
            outs.append(nn.tanh(first))
            outs.append(2 * first)
        return nn.Dense(2)(jnp.concatenate(outs, axis=-1))
"""


def test_what_rounds_have_kept_end_to_end() -> None:
    source = with_header(_KEPT)
    text, _, _ = migrate(source)
    assert "nnx.Linear((1 + depth + len(widths) * 2) * 4, 2, rngs=rngs)" in text
    fields = ({}, {"depth": 1, "widths": (1, 2, 3)}, {"depth": 2, "widths": ()})
    check_equivalent(source, *(Call("Kept", (5,), given, (f32(2, 5),)) for given in fields))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("outs.append(2 * first)", "if i > 1:\n                break\n            outs.append(2 * first)"),
        ("outs.append(2 * first)", "if i > 1:\n                outs.append(2 * first)"),
        ("x = nn.Dense(4)(x)\n            outs", "x = nn.Dense(4 + i)(x)\n            outs"),
    ],
)
def test_what_is_not_kept_in_each_round(old: str, new: str) -> None:
    text = with_header(_KEPT)
    assert old in text
    _, file, _ = migrate(text.replace(old, new))
    assert "MN108" in listed(file)
