"""Classes of which one call makes the one or the other: what one of them asks for, the others take too."""

import pytest

from .check import (
    NNX_HEADER,
    Call,
    check_equivalent,
    check_transformed,
    f32,
    load,
    migrate,
    refusals,
    run_in_tree_mode,
    with_header,
)

_SKIPS = """\
class Skip(nn.Module):
    strides: tuple[int, int]

    @nn.compact
    def __call__(self, x, out_shape):
        if x.shape != out_shape:
            x = nn.Conv(out_shape[-1], (1, 1), self.strides)(x)
        return x


class Narrow(nn.Module):
    strides: tuple[int, int]

    @nn.compact
    def __call__(self, x, out_shape):
        if self.strides != (1, 1):
            x = nn.avg_pool(x, (2, 2), (2, 2))
        if x.shape[-1] != out_shape[-1]:
            x = nn.Conv(out_shape[-1], (1, 1))(x)
        return x


"""
_BLOCKS = """\
class Block(nn.Module):
    features: int
    strides: tuple[int, int] = (1, 1)
    skip_cls: type = Skip

    @nn.compact
    def __call__(self, x):
        y = nn.Conv(self.features, (3, 3), self.strides, ((1, 1), (1, 1)))(x)
        return y + self.skip_cls(self.strides)(x, y.shape)


class NarrowBlock(Block):
    skip_cls: type = Narrow
"""
_AFTER = """\
class Skip(nnx.Module):
    def __init__(
        self,
        in_features: int,
        out_features: int,
        shapes_differ: bool,
        strides: tuple[int, int],
        *,
        rngs: nnx.Rngs,
    ):
        if shapes_differ:
            self.conv_0 = nnx.Conv(
                in_features, out_features, (1, 1), strides, rngs=rngs
            )

    def __call__(self, x, out_shape):
        if x.shape != out_shape:
            x = self.conv_0(x)
        return x


class Narrow(nnx.Module):
    def __init__(
        self,
        in_features: int,
        out_features: int,
        shapes_differ: bool,
        strides: tuple[int, int],
        *,
        rngs: nnx.Rngs,
    ):
        self.strides = strides
        if in_features != out_features:
            self.conv_0 = nnx.Conv(in_features, out_features, (1, 1), rngs=rngs)

    def __call__(self, x, out_shape):
        if self.strides != (1, 1):
            x = nnx.avg_pool(x, (2, 2), (2, 2))
        if x.shape[-1] != out_shape[-1]:
            x = self.conv_0(x)
        return x


class Block(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: int,
        strides: tuple[int, int] = (1, 1),
        skip_cls: type = Skip,
        *,
        rngs: nnx.Rngs,
    ):
        self.conv_0 = nnx.Conv(
            in_features, features, (3, 3), strides, padding=((1, 1), (1, 1)), rngs=rngs
        )
        self.skip_0 = skip_cls(
            in_features,
            features,
            in_features != features or strides != (1, 1),
            strides,
            rngs=rngs,
        )

    def __call__(self, x):
        y = self.conv_0(x)
        return y + self.skip_0(x, y.shape)


class NarrowBlock(Block):
    def __init__(
        self,
        in_features: int,
        features: int,
        strides: tuple[int, int] = (1, 1),
        skip_cls: type = Narrow,
        *,
        rngs: nnx.Rngs,
    ):
        super().__init__(
            in_features,
            features=features,
            strides=strides,
            skip_cls=skip_cls,
            rngs=rngs,
        )
"""
_BEFORE = with_header(_SKIPS + _BLOCKS)


def test_both_take_what_one_of_them_asks_for() -> None:
    check_transformed(_BEFORE, with_header(_AFTER, NNX_HEADER))


@pytest.mark.parametrize("name", ["Block", "NarrowBlock"])
@pytest.mark.parametrize(("features", "strides"), [(3, (1, 1)), (3, (2, 2)), (5, (1, 1))])
def test_computes_the_same(name: str, features: int, strides: tuple[int, int]) -> None:
    call = Call(name, (3,), {"features": features, "strides": strides}, (f32(2, 4, 4, 3),))
    check_equivalent(_BEFORE, call)
    run_in_tree_mode(load(migrate(_BEFORE)[0]), call)


def test_one_that_inherits_its_call_takes_it_from_its_base() -> None:
    before = with_header(
        _SKIPS + "class Named(Narrow):\n    pass\n\n\n" + _BLOCKS.replace("= Narrow", "= Named")
    )
    check_equivalent(before, Call("NarrowBlock", (3,), {"features": 5}, (f32(2, 4, 4, 3),)))


_OWN = """

class Own(nn.Module):
    @nn.compact
    def __call__(self, x, y):
        y = nn.Conv(5, (3, 3), (1, 1), ((1, 1), (1, 1)))(x)
        return Narrow((1, 1))(x, {shape})
"""


def test_who_makes_one_of_them_by_itself_says_it_too() -> None:
    text, file, _ = migrate(_BEFORE + _OWN.replace("{shape}", "y.shape"))
    assert not refusals(file), file.diagnostics
    assert "Narrow(in_features, 5, in_features != 5, (1, 1), rngs=rngs)" in text, text


def test_who_cannot_tell_it_keeps_all_of_them() -> None:
    text, file, _ = migrate(_BEFORE + _OWN.replace("{shape}", "(len(y), 2, 2, 5)"))
    assert "nnx" not in text, text
    assert "MN101" in {d.code for d in refusals(file) if d.subject == "Block"}, file.diagnostics


_ASKED = "if x.shape[-1] != out_shape[-1]:\n            x = nn.Conv(out_shape[-1]"
_CLASS = "class Narrow(nn.Module):\n"
LEFT = {
    "asks-for-something-else": _SKIPS.replace(
        "x = nn.avg_pool(x, (2, 2), (2, 2))",
        "x = nn.avg_pool(x, (2, 2), (2, 2)) + self.param('b', nn.initializers.ones, (1, 1, out_shape[-2], 1))",
    ),
    "calls-it-otherwise": _SKIPS.replace(_ASKED, _ASKED.replace("out_shape", "size"))
    .replace("def __call__(self, x, out_shape):\n        if self", "def __call__(self, x, size):\n        if self"),
    "has-the-name": _SKIPS.replace(_CLASS, f"{_CLASS}    shapes_differ: bool = True\n"),
}  # fmt: skip


@pytest.mark.parametrize("skips", LEFT.values(), ids=LEFT.keys())
def test_left(skips: str) -> None:
    text, file, _ = migrate(with_header(skips + _BLOCKS))
    assert "class Block(nn.Module)" in text, text
    assert "MN101" in {d.code for d in refusals(file) if d.subject == "Block"}, file.diagnostics
