# ruff: noqa: E501
"""Lists of submodules whose elements a loop calls by their number."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    changed,
    check_equivalent,
    check_transformed,
    f32,
    migrate,
    name_of,
    refusals,
)

GROUPS = """\
class Group(nn.Module):
    width: int
    depth: int = 1

    def setup(self):
        self.layers = [nn.Dense(self.width, name=str(i)) for i in range(self.depth)]

    def __call__(self, x):
        for layer in self.layers:
            x = nn.relu(layer(x))
        return x


class Groups(nn.Module):
    width: int
    layers_of_all: int = 4
    groups: int = 2
    depth: int = 1

    def setup(self):
        self.layers = [Group(self.width, self.depth, name=str(i)) for i in range(self.groups)]

    def __call__(self, x):
        for i in range(self.layers_of_all):
            group = int(i / (self.layers_of_all / self.groups))
            x = self.layers[group](x)
        return x


class Model(nn.Module):
    width: int = 6
    depth: int = 1

    def setup(self):
        self.first = nn.Dense(5)
        self.groups = Groups(self.width, depth=self.depth)
        self.last = nn.Dense(3)

    def __call__(self, x):
        return self.last(self.groups(self.first(x)))
"""
NNX_GROUPS = """\
class Group(nnx.Module):
    def __init__(self, in_features: int, width: int, depth: int = 1, *, rngs: nnx.Rngs):
        self.layers = nnx.List()
        for i in range(depth):
            self.layers.append(nnx.Linear(in_features, width, rngs=rngs))
            in_features = width

    def __call__(self, x):
        for layer in self.layers:
            x = nnx.relu(layer(x))
        return x


class Groups(nnx.Module):
    def __init__(
        self,
        in_features: int,
        width: int,
        layers_of_all: int = 4,
        groups: int = 2,
        depth: int = 1,
        *,
        rngs: nnx.Rngs,
    ):
        self.layers_of_all = layers_of_all
        self.groups = groups
        self.layers = nnx.List()
        features = in_features
        for i in range(groups):
            self.layers.append(Group(features, width, depth, rngs=rngs))
            features = width if depth > 0 else in_features

    def __call__(self, x):
        for i in range(self.layers_of_all):
            group = int(i / (self.layers_of_all / self.groups))
            x = self.layers[group](x)
        return x


class Model(nnx.Module):
    def __init__(
        self,
        in_features: int,
        width: int = 6,
        depth: int = 1,
        *,
        rngs: nnx.Rngs,
    ):
        self.first = nnx.Linear(in_features, 5, rngs=rngs)
        self.groups = Groups(5, width, depth=depth, rngs=rngs)
        self.last = nnx.Linear(width if depth > 0 else 5, 3, rngs=rngs)

    def __call__(self, x):
        return self.last(self.groups(self.first(x)))
"""
ORDER = """\
class L(nn.Module):
    width: int = 4
    depth: int = 3
    most: int = 3

    def setup(self):
        self.layers = [nn.Dense(self.width) for _ in range(self.depth)]

    def __call__(self, x, weights=None):
        y = x
        for i in range(self.depth):
            x = self.layers[i](x)
        return x
"""
_X = f32(2, 7)


def _order(*changes: tuple[str, str]) -> str:
    return HEADER + changed(ORDER, *changes)


_INDEX, _CALL = "self.layers[i]", "            x = self.layers[i](x)\n"
_GROWS = ("nn.Dense(self.width) for _", "nn.Dense(self.width + i) for i")
RIGHT = {
    "in-order": (),
    "as-wide-as-its-number": (_GROWS,),
    "of-a-list-that-is-counted": (("range(self.depth):", "range(len(self.layers)):"),),
    "each-twice": ((_INDEX, "self.layers[i // 2]"), ("range(self.depth):", "range(2 * self.depth):")),
    "round-and-round": (
        (_INDEX, "self.layers[i % self.depth]"),
        ("range(self.depth):", "range(2 * self.depth):"),
    ),
    "a-number-with-a-name": (
        ("            x = self", "            k = i // 1\n            x = self"),
        (_INDEX, "self.layers[k]"),
    ),
    "beside-another-array": ((_CALL, "            x = self.layers[i](jnp.concatenate([x, y], -1))\n"),),
}


def test_transformed() -> None:
    """What comes in is there no more behind a group that has a layer."""
    check_transformed(HEADER + GROUPS, NNX_HEADER + NNX_GROUPS)


def test_groups_compute_the_same() -> None:
    many = [{"layers_of_all": 4, "groups": 4}, {"layers_of_all": 3, "groups": 1, "depth": 2}]
    calls = [Call("Groups", (6,), {"width": 6, **given}, (f32(2, 6),)) for given in many]
    alone = Call("Groups", (7,), {"width": 5, "layers_of_all": 3, "groups": 3}, (_X,))
    empty = Call("Model", (7,), {"depth": 0}, (_X,))
    check_equivalent(HEADER + GROUPS, *calls, alone, empty)


@pytest.mark.parametrize("changes", RIGHT.values(), ids=RIGHT)
def test_computes_the_same(changes: tuple[tuple[str, str], ...]) -> None:
    calls = [Call("L", (7,), {"depth": depth, "width": 7}, (_X,)) for depth in (1, 3)]
    again = any(
        "//" in new or "%" in new for _, new in changes
    )  # then each has to be as wide as what comes in
    others = [] if again else [Call("L", (7,), {"depth": depth}, (_X,)) for depth in (1, 3)]
    check_equivalent(_order(*changes), *calls, *others)


REFUSED = (
    Refusal("more-elements", "MN108", _order(_GROWS, ("range(self.depth):", "range(self.most):"))),
    Refusal("from-the-second", "MN108", _order(("range(self.depth):", "range(1, self.depth):"))),
    Refusal("from-behind", "MN108", _order((_INDEX, "self.layers[self.depth - 1 - i]"))),
    Refusal("from-the-next", "MN108", _order((_INDEX, "self.layers[(i + 1) % self.depth]"))),
    Refusal("each-twice-and-wider", "MN108", _order(_GROWS, (_INDEX, "self.layers[i // 2]"))),
    Refusal("the-counter-is-changed", "MN108", _order((_CALL, "            i = i % 2\n" + _CALL))),
    Refusal("another-name-for-the-number", "MN108", _order((_CALL, "            k = i\n            k = k + 1\n            x = self.layers[k](x)\n"))),
    Refusal("a-number-of-the-round-before", "MN108", _order(("        y = x\n", "        y = x\n        k = 0\n"), (_CALL, "            x = self.layers[k](x)\n            k = i\n"))),
    Refusal("twice-in-a-round", "MN108", _order((_CALL, _CALL + _CALL))),
    Refusal("again-behind-the-loop", "MN108", _order(("        return x", "        return self.layers[0](x)"))),
    Refusal("before-the-loop", "MN108", _order(("        y = x\n", "        y = x\n        x = self.layers[0](x)\n"))),
    Refusal("left-early", "MN108", _order((_CALL, "            if i == self.most:\n                break\n" + _CALL))),
    Refusal("left-out", "MN108", _order((_CALL, "            if weights is not None:\n    " + _CALL))),
    Refusal("in-another-loop", "MN108", _order(("        for i", "        for _ in range(2):\n         for i"))),
    Refusal("with-a-filter", "MN108", _order(("range(self.depth)]", "range(self.depth) if _ > 0]"))),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file)}, f"{file.diagnostics}\n{text}"
    assert "class L(nn.Module)" in text
