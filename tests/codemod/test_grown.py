# ruff: noqa: E501
"""Lists of submodules that setup goes on with, also on what the module says of itself."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_stable,
    f32,
    listed,
    migrate,
    name_of,
    refusals,
)

PARTS = """\
class Cross(nn.Module):
    width: int

    def setup(self):
        self.query = nn.Dense(self.width)
        self.norm = nn.LayerNorm()

    def __call__(self, x, states):
        return self.norm(self.query(x) * states.mean())


class Feed(nn.Module):
    width: int

    def setup(self):
        self.wide = nn.Dense(self.width * 2)
        self.norm = nn.LayerNorm()
        self.back = nn.Dense(self.width)
        self.drop = nn.Dropout(0.5)

    def __call__(self, x, deterministic: bool = True):
        return self.drop(self.back(nn.relu(self.wide(self.norm(x)))), deterministic=deterministic)


"""
BLOCK = """\
class Block(nn.Module):
    width: int = 4
    crosses: bool = False

    def setup(self):
        self.causal = self.crosses
        self.layer = (nn.Dense(self.width, name=str(0)),)  # first
        place = 1
        if self.causal:
            # looks at the states
            self.layer += (Cross(self.width, name=str(1)),)
            place += 1

        self.layer += (Feed(self.width, name=str(place)),)

    def __call__(self, x, states=None, deterministic: bool = True):
        x = self.layer[0](x)
        does_cross = self.causal and states is not None
        if does_cross:
            x = x + self.layer[1](x, states)
        return self.layer[-1](x, deterministic=deterministic)
"""
NNX_PARTS = """\
class Cross(nnx.Module):
    def __init__(self, in_features: int, width: int, *, rngs: nnx.Rngs):
        self.query = nnx.Linear(in_features, width, rngs=rngs)
        self.norm = nnx.LayerNorm(width, rngs=rngs)

    def __call__(self, x, states):
        return self.norm(self.query(x) * states.mean())


class Feed(nnx.Module):
    def __init__(self, in_features: int, width: int, *, rngs: nnx.Rngs):
        self.wide = nnx.Linear(in_features, width * 2, rngs=rngs)
        self.norm = nnx.LayerNorm(in_features, rngs=rngs)
        self.back = nnx.Linear(width * 2, width, rngs=rngs)
        self.drop = nnx.Dropout(0.5, rngs=rngs)

    def __call__(self, x, deterministic: bool = True):
        return self.drop(self.back(nnx.relu(self.wide(self.norm(x)))), deterministic=deterministic)


"""
NNX_BLOCK = """\
class Block(nnx.Module):
    def __init__(
        self,
        in_features: int,
        width: int = 4,
        crosses: bool = False,
        *,
        rngs: nnx.Rngs,
    ):
        self.causal = crosses
        self.layer = nnx.List([nnx.Linear(in_features, width, rngs=rngs)])  # first
        if self.causal:
            # looks at the states
            self.layer.append(Cross(width, width, rngs=rngs))
        self.layer.append(Feed(width, width, rngs=rngs))

    def __call__(self, x, states=None, deterministic: bool = True):
        x = self.layer[0](x)
        does_cross = self.causal and states is not None
        if does_cross:
            x = x + self.layer[1](x, states)
        return self.layer[-1](x, deterministic=deterministic)
"""
_X, _STATES = f32(3, 5), f32(2, 7)


def test_transformed() -> None:
    text, file, _ = migrate(HEADER + PARTS + BLOCK)
    assert text == NNX_HEADER + NNX_PARTS + NNX_BLOCK
    check_stable(file)
    note = "has `layer[1]` from the start, whose variables Linen makes in the first call with `states`"
    assert note in listed(file)


FORMS = """\
class Unnamed(nn.Module):
    crosses: bool = True

    def setup(self):
        self.parts = [nn.Dense(4), nn.LayerNorm()]
        if not self.crosses:
            self.parts += (nn.Dense(4, use_bias=False),)
        self.parts += (Feed(4), nn.Dense(2))

    def __call__(self, x):
        x = self.parts[1](self.parts[0](x))
        if self.crosses:
            x = self.parts[2](x)
        else:
            x = self.parts[3](self.parts[2](x))
        return self.parts[-1](x)


class Counted(nn.Module):
    first: bool = True
    second: bool = True

    def setup(self):
        place = 1
        self.parts = (nn.Dense(4, name="part_1"),)
        if self.first:
            place += 1
            self.parts += (nn.Dense(4, use_bias=False, name=f"part_{place}"),)
        if self.second:
            self.parts += (Feed(4, name=f"part_{place + 1}"),)
            place = place + 1
        self.parts += (nn.Dense(3, name=f"part_{place + 1}"),)

    def __call__(self, x):
        x = self.parts[0](x)
        if self.first:
            x = self.parts[1](x)
        if self.second:
            x = self.parts[-2](x)
        return self.parts[-1](x)


class Always(nn.Module):
    def setup(self):
        self.parts = (nn.Dense(4),)
        self.parts += (nn.LayerNorm(use_bias=False),)
        self.parts += (Cross(4, name="cross"),)

    def __call__(self, x, states, again: bool = True):
        x = self.parts[1](self.parts[0](x))
        if again:
            x = x * 2
        return self.parts[2](x, states)


class Direct(nn.Module):
    crosses: bool = True

    def setup(self):
        self.parts = (nn.Dense(4),)
        if self.crosses:
            self.parts += (Cross(4),)
        self.parts += (Feed(4),)

    def __call__(self, x, states=None):
        x = self.parts[0](x)
        if self.crosses and states is not None:
            x = x + self.parts[1](x, states)
        return self.parts[-1](x)


class Slim(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x, deterministic: bool = True):
        return nn.Dense(self.width, use_bias=False)(x)


class Chosen(nn.Module):
    crosses: bool = True

    def setup(self):
        kind = Feed if self.crosses else Slim
        self.parts = (kind(4), nn.Dense(6))
        if not self.crosses:
            self.parts += (kind(6),)
        self.parts += (nn.Dense(3),)

    def __call__(self, x):
        x = self.parts[1](self.parts[0](x))
        if not self.crosses:
            x = self.parts[2](x)
        return self.parts[-1](x)
"""


def test_computes_the_same() -> None:
    both = [
        Call(name, (5,), {"crosses": crosses}, inputs)
        for name, inputs in (
            ("Block", (_X, _STATES)),
            ("Direct", (_X, _STATES)),
            ("Unnamed", (_X,)),
            ("Chosen", (_X,)),
        )
        for crosses in (True, False)
    ]
    alone = Call("Block", (5,), {"crosses": False}, (_X,))
    counted = [
        Call("Counted", (5,), {"first": first, "second": second}, (_X,))
        for first in (True, False)
        for second in (True, False)
    ]
    check_equivalent(
        HEADER + PARTS + BLOCK + "\n\n" + FORMS,
        alone,
        *both,
        *counted,
        Call("Always", (5,), {}, (_X, _STATES)),
    )


def _block(old: str, new: str) -> str:
    assert old in BLOCK
    return HEADER + PARTS + BLOCK.replace(old, new)


_ADDED = "            self.layer += (Cross(self.width, name=str(1)),)\n"
_LAST = "self.layer += (Feed(self.width, name=str(place)),)"
_AUTOMATIC = """\
class Auto(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x, states=None):
        return nn.Dense(self.width)(x)


class Other(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x, states=None, deterministic=True):
        return nn.Dense(self.width)(nn.Dense(9)(x))


"""
_RENAMED = """\
class Renamed(nn.Module):
    width: int

    def setup(self):
        self.wide = nn.Dense(self.width, name="norm")

    def __call__(self, x, states):
        return self.wide(x)


"""
REFUSED = (
    Refusal("run-through", "MN101", _block("return self.layer[-1](x", "for layer in self.layer:\n            pass\n        return self.layer[-1](x")),
    Refusal("handed-on", "MN101", _block("return self.layer[-1](x", "print(self.layer)\n        return self.layer[-1](x")),
    Refusal("not-told", "MN101", _block("if does_cross:", "if states is not None:")),
    Refusal("told-by-one-of-two", "MN101", _block("self.causal and states", "self.causal or states")),
    Refusal("told-by-another", "MN101", _block("self.causal and states", "self.width > 3 and states")),
    Refusal("the-opposite", "MN101", _block("self.causal and states", "not self.causal and states")),
    Refusal("told-anew", "MN101", _block("        if does_cross", "        does_cross = states is not None\n        if does_cross")),
    Refusal("told-of-other-states", "MN101", _block("        does_cross", "        states = states if states is None else x\n        does_cross")),
    Refusal("not-there", "MN101", _block("self.layer[-1](x", "self.layer[3](x")),
    Refusal("from-the-end-too-far", "MN101", _block("self.layer[0](x)", "self.layer[-2](x)")),
    Refusal("computed", "MN101", _block("self.layer[-1](x", "self.layer[x.ndim - 1](x")),
    Refusal("a-slice", "MN101", _block("self.layer[0](x)", "self.layer[:1][0](x)")),
    Refusal("a-condition-of-the-file", "MN209", _block("if self.causal:", "if jax.device_count() > 1:")),
    Refusal("a-condition-that-changes", "MN209", _block(_LAST, _LAST + "\n        self.causal = True")),
    Refusal("in-the-other-branch", "MN209", _block(_ADDED, "            pass\n        else:\n" + _ADDED)),
    Refusal("in-a-loop", "MN209", _block("        if self.causal:", "        for _ in range(1):")),
    Refusal("a-list-is-added", "MN209", _block("(Feed(self.width, name=str(place)),)", "[Feed(self.width, name=str(place))]")),
    Refusal("a-comprehension", "MN209", _block("(Feed(self.width, name=str(place)),)", "tuple(Feed(self.width) for _ in range(2))")),
    Refusal("a-function", "MN209", _block("(Feed(self.width, name=str(place)),)", "(Feed(self.width), nn.relu)")),
    Refusal("assigned-again", "MN209", _block("        place = 1\n", "        self.layer = (Feed(self.width),)\n        place = 1\n")),
    Refusal("on-a-condition-from-the-start", "MN209", _block("        self.layer = (", "        if self.width:\n          self.layer = (")),
    Refusal("under-a-transform", "MN101", _block("(Feed(self.width,", "(nn.remat(Feed)(self.width,")),
    Refusal("a-name-that-does-not-count", "MN204", _block("str(place)", "str(place + self.width)")),
    Refusal("a-name-that-counts-otherwise", "MN204", _block("            place += 1\n", "            place += 2\n")),
    Refusal("a-name-that-stays", "MN204", _block("str(place)", "'feed'")),
    Refusal("a-name-of-a-loop", "MN204", _block("        place = 1\n", "        place = 1\n        for _ in range(2):\n            place += 0\n")),
    Refusal("automatic-names-at-one-place", "MN204", HEADER + _AUTOMATIC + BLOCK.replace("Cross(", "Auto(").replace("Feed(", "Other(")),
    Refusal("names-of-two-meanings", "MN204", HEADER + PARTS + _RENAMED + BLOCK.replace("Cross(", "Renamed(").replace("place += 1", "place += 1")),
    Refusal("one-that-nothing-calls", "MN101", _block("            x = x + self.layer[1](x, states)", "            pass")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file) if d.subject == "Block"}, file.diagnostics
    assert "class Block(nn.Module)" in text
