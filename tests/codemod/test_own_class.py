"""`if type(self) is Old: warnings.warn(...)`: what a class is says no more than a message, or an error."""

import warnings

import pytest
from flax import nnx

from .check import (
    NNX_HEADER,
    Call,
    changed,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    load,
    migrate,
    with_header,
)

_OLD = "import warnings\n\n" + with_header(
    """\
class Old(nn.Module):
    features: int = 4

    def __post_init__(self):
        super().__post_init__()
        if type(self) is Old:
            warnings.warn("use New instead", DeprecationWarning)

    @nn.compact
    def __call__(self, x):
        if type(self) is Old:
            print("old")
        return nn.Dense(self.features)(x)


class New(Old):
    pass
"""
)
_WRITTEN = "import warnings\n\n" + with_header(
    """\
class Old(nnx.Module):
    def __init__(self, in_features: int, features: int = 4, *, rngs: nnx.Rngs):
        if type(self) is Old:
            warnings.warn("use New instead", DeprecationWarning)
        self.dense_0 = nnx.Linear(in_features, features, rngs=rngs)

    def __call__(self, x):
        if type(self) is Old:
            print("old")
        return self.dense_0(x)


class New(Old):
    pass
""",
    NNX_HEADER,
)


def test_is_migrated() -> None:
    check_transformed(_OLD, _WRITTEN)


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
def test_computes_the_same(graph: bool) -> None:
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        check_equivalent(_OLD, Call("New", (3,), {}, (f32(2, 3),)))


def test_the_heir_says_nothing() -> None:
    twin = load(migrate(_OLD)[0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        twin.New(3, rngs=nnx.Rngs(0))
        with pytest.raises(DeprecationWarning, match="New instead"):
            twin.Old(3, rngs=nnx.Rngs(0))


_TOLD = '        if type(self) is Old:\n            print("old")'


@pytest.mark.parametrize(
    "change",
    [
        ('            print("old")', "            x = 2 * x"),
        ('            print("old")', '            print("old")\n        else:\n            x = 2 * x'),
        ('            print("old")', '            print("old")\n            x = 2 * x'),
        (_TOLD, "        x = x * (type(self) is Old)"),
        (_TOLD, "        kind = type(self)\n        x = x * (kind is Old)"),
        ("    def __call__(self, x):", "    def __call__(self, x, type=type):"),
        (_TOLD, '        if type(self) is OTHER:\n            print("old")'),
    ],
    ids=["computes", "else", "computes-too", "value", "held", "another-function", "another-class"],
)  # fmt: skip
def test_is_refused(change: tuple[str, str]) -> None:
    check_refused(changed(_OLD, change).replace("class Old", "OTHER = object\n\n\nclass Old"), "MN107")
