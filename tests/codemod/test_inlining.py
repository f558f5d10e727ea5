# ruff: noqa: E501
"""Functions of one expression that build a module for their caller: the caller builds it itself in NNX."""

import re

import pytest

from .check import HEADER, Call, Refusal, check_equivalent, f32, migrate, name_of, refusals

HEADS = """\
class Heads(nn.Module):
    heads: int = 2
    width: int = 6

    @nn.compact
    def __call__(self, x, y):
        size = self.width // self.heads
        # one for each
        query = embedded(x, self.heads, size, "query")
        value = embedded(
            y,
            self.heads,
            size,
            label="value",
        )
        return narrowed(jnp.concatenate([query, value], -2), self.width + 1)


"""
FUNCTIONS = '''\
def embedded(x, heads: int, size: int, label: str = "key"):
    """Dense with heads."""
    return nn.DenseGeneral(
        features=(heads, size),
        use_bias=True,
        name=label,
    )(x)


def narrowed(x, width):
    return nn.Dense(width * 2, use_bias=False)(nn.relu(nn.LayerNorm()(x)))


'''
MADE = """\
def made(width, act=None):
    return nn.Dense(features=width)
"""
OTHERS = """\
class Kept(nn.Module):
    widths: tuple[int, ...] = (3, 4)

    def setup(self):
        self.first = made(5)
        self.layers = [made(width) for width in self.widths]

    def __call__(self, x):
        x = self.first(x)
        for layer in self.layers:
            x = nn.relu(layer(x))
        return x


class Counted(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.Dense(3)(x)
        x = made(4)(x)
        for i in range(2):
            x = x + made(4 * i + 4 - 4 * i)(x)
        return made(width=2)(narrowed(x, 3))


"""
NNX = """\
class Heads(nnx.Module):
    def __init__(
        self,
        x_features: int,
        y_features: int,
        heads: int = 2,
        width: int = 6,
        *,
        rngs: nnx.Rngs,
    ):
        size = width // heads
        self.query = nnx.LinearGeneral(x_features, (heads, size), use_bias=True, rngs=rngs)
        self.value = nnx.LinearGeneral(y_features, (heads, size), use_bias=True, rngs=rngs)
        self.dense_0 = nnx.Linear(size, (width + 1) * 2, use_bias=False, rngs=rngs)
        self.layer_norm_0 = nnx.LayerNorm(size, rngs=rngs)

    def __call__(self, x, y):
        # one for each
        query = self.query(x)
        value = self.value(y)
        return self.dense_0(nnx.relu(self.layer_norm_0(jnp.concatenate([query, value], -2))))
"""
_X = f32(3, 5)


def test_transformed() -> None:
    text, file, _ = migrate(HEADER + HEADS + FUNCTIONS)
    assert not refusals(file), file.diagnostics
    assert "".join(NNX.split()) in "".join(text.split()), text
    assert text.rstrip().endswith(NNX.rstrip()[-60:])


def test_computes_the_same() -> None:
    calls = [
        Call("Heads", (5, 4), {}, (_X, f32(3, 4))),
        Call("Kept", (5,), {}, (_X,)),
        Call("Counted", (5,), {}, (_X,)),
    ]
    check_equivalent(HEADER + HEADS + OTHERS + FUNCTIONS + MADE, *calls)


ONE = """\
WIDTH = 3


class One(nn.Module):
    @nn.compact
    def __call__(self, x, train: bool = False):
        return made(x, 4)


def made(x, width=2):
    return nn.Dense(width + WIDTH)(x)
"""


def _one(old: str, new: str, source: str = ONE) -> str:
    assert old in source
    return HEADER + source.replace(old, new)


_VALUE = "nn.Dense(width + WIDTH)(x)"
REFUSED = (
    Refusal("decorated", "MN101", _one("def made", "@jax.jit\ndef made")),
    Refusal("a-condition", "MN101", _one(_VALUE, f"{_VALUE} if width else x")),
    Refusal("a-computed-name", "MN101", _one(_VALUE, 'nn.Dense(width, name=f"d{width}")(x)')),
    Refusal("any-number-of-arguments", "MN101", _one("width=2):", "width=2, **more):")),
    Refusal("bound-again", "MN101", _one("WIDTH = 3\n", "WIDTH = 3\nmade = None\n")),
    Refusal("unpacked", "MN101", _one("made(x, 4)", "made(*[x, 4])")),
    Refusal("handed-on", "MN101", _one("made(x, 4)", "jax.tree.map(made, [x])[0]")),
    Refusal("called-and-handed-on", "MN101", _one("made(x, 4)", "made(x, 4) if made else x")),
    Refusal("an-argument-that-makes-a-module", "MN101", _one("made(x, 4)", "made(nn.Dense(3)(x), 4)")),
    Refusal("an-argument-at-two-places", "MN101", _one(_VALUE, "nn.Dense(width)(x) + nn.Dense(width)(x)").replace("made(x, 4)", "made(jnp.tanh(x), 4)")),
    Refusal("an-argument-too-many", "MN101", _one("made(x, 4)", "made(x, 4, 5)")),
    Refusal("what-else-stays", "MN207", _one("        return made", "        self.sow('a', 'b', x)\n        return made")),
    Refusal("a-function-in-a-function", "MN101", _one(_VALUE, "again(nn.Dense(width)(x))") + "\n\ndef again(x):\n    return nn.Dense(2)(x)\n"),
)  # fmt: skip


NOT_IN_PLACE = (
    _one("    return nn", "    width = width + 1\n    return nn"),
    _one(_VALUE, "nn.Dense(width, bias_init=lambda *a: jnp.zeros(width))(x)"),
    _one("width=2):", "width=min(2, WIDTH)):"),
    _one(_VALUE, "nn.Dense(\n        width,  # features\n    )(x)"),
    _one("        return made", "        WIDTH = 7\n        return made"),
    _one("made(x, 4)", "made(x, int(4))"),
    _one(_VALUE, "Two()(x)") + "\n\nclass Two(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nn.Dense(2)(x)\n",
)  # fmt: skip


def test_computes_the_same_where_the_function_stays() -> None:
    """What cannot be read in place goes on to be made by the function, as an NNX module."""
    every = []
    for i, case in enumerate(NOT_IN_PLACE):
        text = case.removeprefix(HEADER)
        every.append(re.sub(r"\b(One|made|WIDTH|Two)\b", rf"\g<1>{i}", text))
    source = HEADER + "\n\n".join(every)
    text, _, _ = migrate(source)
    assert all(f"made{i}(in_features" in text for i in range(len(NOT_IN_PLACE))), text
    check_equivalent(source, *(Call(f"One{i}", (5,), {}, (_X,)) for i in range(len(NOT_IN_PLACE))))


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file) if d.subject == "One"}, file.diagnostics
    assert text[: text.index("def made")] == refusal.before[: refusal.before.index("def made")]


def test_one_class_of_two() -> None:
    """What stays goes on to call the function, as it was written."""
    two = "\n\nclass Two(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return made(\n            x,\n            5,\n        )\n"
    text, file, _ = migrate(
        _one("        return made", "        self.sow('a', 'b', x)\n        return made") + two
    )
    assert {d.subject for d in refusals(file)} == {"One"}
    assert "return made(x, 4)" in text
    assert "self.dense_0 = nnx.Linear(in_features, 5 + WIDTH, rngs=rngs)" in text
    assert text.endswith("        return self.dense_0(x)\n")
