# ruff: noqa: E501
"""Lists of submodules that setup writes down, and those that a loop goes on with."""

import jax
import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    arrays,
    check_equivalent,
    check_transformed,
    f32,
    load,
    migrate,
    name_of,
    refusals,
    run_once,
)

UNIT = """\
class Unit(nn.Module):
    width: int
    act: bool = True

    def setup(self):
        self.dense = nn.Dense(self.width)
        self.norm = nn.BatchNorm()

    def __call__(self, x, train: bool = False):
        x = self.norm(self.dense(x), use_running_average=not train)
        return nn.relu(x) if self.act else x


"""
PAIR = """\
class Pair(nn.Module):
    width: int

    def setup(self):
        half = self.width // 2
        self.layer = [
            # narrows
            Unit(half, name="0"),  # first
            Unit(self.width, act=False, name="1"),
        ]
        self.last = nn.Dense(2)

    def __call__(self, x, train: bool = False):
        for layer in self.layer:
            x = layer(x, train=train)
        return self.last(x)


"""
STAGE = """\
class Stage(nn.Module):
    width: int
    depth: int = 3

    def setup(self):
        layers = [Unit(self.width, act=False, name="0")]
        for i in range(self.depth - 1):
            layers.append(Unit(self.width * 2, name=str(i + 1)))
        self.layers = layers

    def __call__(self, x, train: bool = False):
        for layer in self.layers:
            x = layer(x, train=train)
        return x
"""
NNX_UNIT = """\
class Unit(nnx.Module):
    def __init__(
        self,
        in_features: int,
        width: int,
        act: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        self.act = act
        self.dense = nnx.Linear(in_features, width, rngs=rngs)
        self.norm = nnx.BatchNorm(width, rngs=rngs)

    def __call__(self, x, train: bool = False):
        x = self.norm(self.dense(x), use_running_average=not train)
        return nnx.relu(x) if self.act else x


"""
NNX_PAIR = """\
class Pair(nnx.Module):
    def __init__(self, in_features: int, width: int, *, rngs: nnx.Rngs):
        half = width // 2
        self.layer = nnx.List(
            [
                # narrows
                Unit(in_features, half, rngs=rngs),  # first
                Unit(half, width, act=False, rngs=rngs),
            ]
        )
        self.last = nnx.Linear(width, 2, rngs=rngs)

    def __call__(self, x, train: bool = False):
        for layer in self.layer:
            x = layer(x, train=train)
        return self.last(x)


"""
NNX_STAGE = """\
class Stage(nnx.Module):
    def __init__(self, in_features: int, width: int, depth: int = 3, *, rngs: nnx.Rngs):
        self.layers = nnx.List([Unit(in_features, width, act=False, rngs=rngs)])
        features = width
        for _ in range(depth - 1):
            self.layers.append(Unit(features, width * 2, rngs=rngs))
            features = width * 2

    def __call__(self, x, train: bool = False):
        for layer in self.layers:
            x = layer(x, train=train)
        return x
"""
_X = f32(3, 5)


def test_transformed() -> None:
    check_transformed(HEADER + UNIT + PAIR + STAGE, NNX_HEADER + NNX_UNIT + NNX_PAIR + NNX_STAGE)


@pytest.mark.parametrize("train", [True, False])
def test_computes_the_same(train: bool) -> None:
    calls = [
        Call("Pair", (5,), {"width": 4}, (_X,), {"train": train}),
        Call("Stage", (5,), {"width": 4}, (_X,), {"train": train}),
        Call("Stage", (5,), {"width": 4, "depth": 1}, (_X,), {"train": train}),
    ]
    check_equivalent(HEADER + UNIT + PAIR + STAGE, *calls)


FORMS = """\
class Several(nn.Module):
    def setup(self):
        self.blocks = (nn.Dense(3), Pair(4), nn.Dense(5))

    def __call__(self, x):
        for i, block in enumerate(self.blocks):
            x = nn.relu(block(x)) + len(self.blocks) * i
        return x


class Indexed(nn.Module):
    def setup(self):
        self.parts = [nn.Dense(3, name="a"), nn.Embed(7, 4)]

    def __call__(self, x, ids):
        return self.parts[0](x).sum() + self.parts[-1](ids)


class Sides(nn.Module):
    widths: tuple[int, ...] = (3, 4)

    def setup(self):
        self.denses = [nn.Dense(3), nn.Dense(4, use_bias=False)]
        self.norms = [nn.LayerNorm(), nn.LayerNorm(use_bias=False)]

    def __call__(self, x):
        found = []
        for dense, norm in zip(self.denses, self.norms):
            x = norm(dense(x))
            found.append(x.sum())
        for other, width in zip(self.denses, self.widths):
            found.append(other(jnp.ones((2, 5 if width == 3 else 3))))
        return x, found


class Mid(nn.Module):
    width: int = 4
    depth: int = 2

    def setup(self):
        firsts = [Pair(self.width)]
        seconds = []
        for _ in range(self.depth):
            second = nn.Dense(self.width)
            seconds.append(second)
            first = Pair(self.width)
            firsts.append(first)
        self.firsts = firsts
        self.seconds = seconds

    def __call__(self, x):
        x = self.firsts[0](x)
        for second, first in zip(self.seconds, self.firsts[1:]):
            x = first(second(x))
        return x


class Inside(nn.Module):
    def setup(self):
        self.layers = [nn.Dense(5), nn.Dense(5)]

    def __call__(self, x):
        for _ in range(2):
            for layer in self.layers:
                y = nn.relu(layer(x))
                x = x + y
        return x


class Ends(nn.Module):
    shift: bool = True

    def setup(self):
        self.layers = [nn.Dense(3), nn.Dense(4)]
        self.head = nn.Dense(2)

    def __call__(self, x):
        for layer in self.layers:
            if self.shift:
                x = x + 1
            y = layer(x)
            x = y
        else:
            x = x * 2
        return self.head(y + x)
"""


def test_every_form_computes_the_same() -> None:
    source = HEADER + UNIT + PAIR + FORMS
    ids = arrays(f32(3)).astype(int)
    calls = [Call(name, (5,), {}, (_X,)) for name in ("Several", "Sides", "Mid", "Inside", "Ends")]
    check_equivalent(source, *calls, Call("Indexed", (5,), {}, (_X, ids)))


def test_gradients_come_to_every_element() -> None:
    twin = load(migrate(HEADER + UNIT + PAIR)[0])
    model = twin.Pair(5, 4, rngs=twin.nnx.Rngs(0))
    assert run_once(twin, Call("Pair", (5,), {"width": 4}, (_X,))).shape == (3, 2)
    state = twin.nnx.state(model, twin.nnx.Param)
    assert {path[:2] for path, _ in twin.nnx.to_flat_state(state)} >= {("layer", 0), ("layer", 1)}
    assert len(jax.tree.leaves(state)) == 10


def _pair(old: str, new: str) -> str:
    assert old in PAIR
    return HEADER + UNIT + PAIR.replace(old, new)


def _stage(old: str, new: str) -> str:
    assert old in STAGE
    return HEADER + UNIT + STAGE.replace(old, new)


_LOOP = "        for layer in self.layer:\n            x = layer(x, train=train)\n"
REFUSED = (
    Refusal("a-function-of-others-between", "MN101", _pair("            # narrows\n", "            other,\n")),
    Refusal("one-module-twice", "MN101", _pair("self.layer = [", "unit = Unit(half)\n        self.layer = [unit, ")),
    Refusal("a-choice", "MN101", _pair('Unit(half, name="0")', "Unit(half) if half else Unit(2)")),
    Refusal("unpacked", "MN101", _pair("            # narrows\n", "            *[Unit(3) for _ in range(2)],\n")),
    Refusal("assigned-again", "MN101", _pair("self.last =", "self.layer = [Unit(4)]\n        self.last =")),
    Refusal("on-a-condition", "MN101", _pair("        self.layer = [", "        if half:\n          self.layer = [")),
    Refusal("a-slice", "MN101", _pair("in self.layer:", "in self.layer[1:]:")),
    Refusal("turned-round", "MN101", _pair("in self.layer:", "in reversed(self.layer):")),
    Refusal("handed-on", "MN101", _pair("self.last(x)", "self.last(x), self.layer")),
    Refusal("left-early", "MN101", _pair("            x = layer(x, train=train)\n", "            x = layer(x, train=train)\n            if x.ndim > 2:\n                break\n")),
    Refusal("one-that-nothing-calls", "MN101", _pair(_LOOP, "        x = self.layer[0](x, train=train)\n")),
    Refusal("one-that-is-not-told", "MN101", _pair("self.last(x)", "self.last(self.layer[x.ndim - 2](x))")),
    Refusal("one-that-is-not-there", "MN101", _pair("self.last(x)", "self.last(self.layer[2](x))")),
    Refusal("one-of-a-loop", "MN101", _stage("return x\n", "return self.layers[1](x)\n")),
    Refusal("a-computed-name", "MN204", _pair('name="0"', 'name=f"n{self.width}"')),
    Refusal("an-attribute-of-that-name", "MN208", _pair("    def __call__", "    def layer(self):\n        return 1\n\n    def __call__")),
    Refusal("under-a-transform", "MN101", _pair('Unit(half, name="0")', 'nn.remat(Unit)(half, name="0")')),
    Refusal("changed-in-setup", "MN209", _pair("self.last = nn.Dense(2)", "self.last = nn.Dense(2)\n        self.layer.append(Unit(3))")),
    Refusal("another-class-in-the-loop", "MN101", _stage("layers.append(Unit(", "layers.append(nn.Dense(").replace("layer(x, train=train)", "layer(x)")),
    Refusal("a-name-that-starts-again", "MN204", _stage("str(i + 1)", "str(i)")),
    Refusal("a-list-that-is-used-before", "MN209", _stage("        self.layers = layers", "        layers[0].width\n        self.layers = layers")),
    Refusal("two-that-are-not-as-long", "MN101", HEADER + UNIT + PAIR + FORMS[FORMS.index("class Mid"):FORMS.index("class Inside")].replace("self.firsts[1:]", "self.firsts[2:]")),
    Refusal("two-of-two-loops", "MN101", HEADER + UNIT + PAIR + FORMS[FORMS.index("class Mid"):FORMS.index("class Inside")].replace("            first = Pair", "        for _ in range(3):\n            first = Pair")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file) if d.subject != "Unit"}, file.diagnostics
    assert "(nn.Module)" in text
