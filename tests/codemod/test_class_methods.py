# ruff: noqa: E501
"""Class methods that construct their class: they ask for the sizes and rngs that the constructor does."""

import pytest
from flax import nnx
from migrate_norm.equivalence import check_equivalence

from .check import (
    HEADER,
    NNX_HEADER,
    Refusal,
    check_refused,
    check_transformed,
    f32,
    load,
    migrate,
    name_of,
    on_shapes,
    pairs,
    run_in_tree_mode,
)
from .check import Call as Made

_NET = """\
class Net(nn.Module):
    width: int
    depth: int = 2

    @nn.compact
    def __call__(self, x):
        for _ in range(self.depth):
            x = nn.gelu(nn.Dense(self.width)(x))
        return nn.Dense(3)(x)

"""
_METHODS = """\
    @classmethod
    def tiny(cls):
        return cls(4)

    @classmethod
    def of(cls, config: dict, **kwargs) -> "Net":
        # the rest is given
        kwargs["depth"] = config["depth"]
        return cls(
            width=config["width"],
            **kwargs,
        )

    @classmethod
    def either(cls, deep, width: int = 4):
        if deep:
            return cls(width, depth=3)
        return cls(depth=1, width=width)
"""
_NNX_NET = """\
class Net(nnx.Module):
    def __init__(self, in_features: int, width: int, depth: int = 2, *, rngs: nnx.Rngs):
        self.dense = nnx.List()
        for _ in range(depth):
            self.dense.append(nnx.Linear(in_features, width, rngs=rngs))
            in_features = width
        self.dense_1 = nnx.Linear(in_features, 3, rngs=rngs)

    def __call__(self, x):
        for dense in self.dense:
            x = nnx.gelu(dense(x))
        return self.dense_1(x)

"""
_NNX_METHODS = """\
    @classmethod
    def tiny(cls, *, in_features: int, rngs: nnx.Rngs):
        return cls(width=4, in_features=in_features, rngs=rngs)

    @classmethod
    def of(cls, config: dict, *, in_features: int, rngs: nnx.Rngs, **kwargs) -> "Net":
        # the rest is given
        kwargs["depth"] = config["depth"]
        return cls(
            width=config["width"],
            **kwargs,
            in_features=in_features,
            rngs=rngs,
        )

    @classmethod
    def either(cls, deep, width: int = 4, *, in_features: int, rngs: nnx.Rngs):
        if deep:
            return cls(width=width, depth=3, in_features=in_features, rngs=rngs)
        return cls(depth=1, width=width, in_features=in_features, rngs=rngs)
"""


def test_transformed() -> None:
    check_transformed(HEADER + _NET + _METHODS, NNX_HEADER + _NNX_NET + _NNX_METHODS)


CALLS = [
    ("tiny", (), {}),
    ("of", ({"width": 5, "depth": 1},), {}),
    ("either", (True,), {"width": 2}),
    ("either", (False,), {}),
]


@pytest.mark.parametrize(("name", "given", "named"), CALLS)
def test_both_make_the_same(name: str, given: tuple[object, ...], named: dict[str, int]) -> None:
    text, _, mapping = migrate(HEADER + _NET + _METHODS)
    linen, twin = load(HEADER + _NET + _METHODS), load(text)
    one = getattr(linen.Net, name)(*given, **named)
    call = Made("Net", (6,), {"width": one.width, "depth": one.depth}, (f32(2, 6),))
    report = check_equivalence(
        one, lambda: getattr(twin.Net, name)(*given, **named, in_features=6, rngs=nnx.Rngs(0)), f32(2, 6),
        mapping=pairs(mapping.find("Net"), on_shapes(twin, call)), samples=1,
    )  # fmt: skip
    assert report.equal, report
    run_in_tree_mode(twin, call)


def test_of_no_sizes_it_asks_for_rngs() -> None:
    alone = "class Shift(nn.Module):\n    by: int = 1\n\n    def __call__(self, x):\n        return x + self.by\n\n    @classmethod\n    def of(cls, by, /):\n        return cls(by)\n"
    text, _, _ = migrate(HEADER + alone)
    assert "    def of(cls, by, /, *, rngs: nnx.Rngs):\n        return cls(by=by, rngs=rngs)\n" in text, text


_TINY = _METHODS.partition("    @classmethod\n    def of")[0].rstrip() + "\n"
REFUSED = (
    Refusal("a-script-calls-it", "MN301", _NET + _TINY + "\n\nmodel = Net.tiny()\n"),
    Refusal("another-one-calls-it", "MN301", _NET + _TINY + "\n    @classmethod\n    def small(cls):\n        return cls.tiny()\n"),
    Refusal("of-a-subclass", "MN301", _NET + _TINY + "\n\nclass Deep(Net):\n    depth: int = 4\n"),
    Refusal("unpacked", "MN301", _NET + _TINY.replace("cls(4)", "cls(*[4])")),
    Refusal("with-a-name", "MN301", _NET + _TINY.replace("cls(4)", 'cls(4, name="tiny")')),
    Refusal("it-asks-what-it-is", "MN301", _NET + _TINY.replace("cls(4)", "cls(len(cls.__name__))")),
    Refusal("a-name-of-its-own", "MN301", _NET + _TINY.replace("tiny(cls)", "tiny(cls, in_features)")),
    Refusal("kept", "MN301", _NET + _TINY.replace("    @classmethod", "    @classmethod\n    @functools.cache")),
)  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(HEADER + case.before, case.code)
