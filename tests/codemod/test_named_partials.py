"""Partials that bind the name of the one layer that they make: `up = partial(nn.Dense, 8, name="up")`."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    name_of,
)

_IMPORT = "from functools import partial\n\n"
BLOCK = """\
class Block(nn.Module):
    features: int
    wide: bool = False

    @nn.compact
    def __call__(self, x):
        up = partial(nn.Dense, 2 * self.features, name="up")
        down = partial(
            nn.Dense,
            use_bias=False,
            name="down",
        )
        same = partial(nn.Dense, name="same")
        x = down(self.features)(nn.relu(up()(x)))
        if self.wide:
            x = same(4, name="more")(x)
        return same(3)(x) + up(name=None)(x).sum()
"""
AFTER = """\
class Block(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: int,
        wide: bool = False,
        *,
        rngs: nnx.Rngs,
    ):
        self.wide = wide
        up = partial(nnx.Linear, out_features=2 * features)
        down = partial(
            nnx.Linear,
            use_bias=False,
        )
        same = nnx.Linear
        self.down = down(2 * features, features, rngs=rngs)
        self.up = up(in_features, rngs=rngs)
        if wide:
            self.more = same(features, 4, rngs=rngs)
        self.same = same(4 if wide else features, 3, rngs=rngs)
        self.dense_0 = up(4 if wide else features, rngs=rngs)

    def __call__(self, x):
        x = self.down(nnx.relu(self.up(x)))
        if self.wide:
            x = self.more(x)
        return self.same(x) + self.dense_0(x).sum()
"""
_CALLS = [Call("Block", (3,), {"features": 5, "wide": wide}, (f32(4, 3),)) for wide in (False, True)]


def _block(body: str) -> str:
    lines = "\n".join(f"        {line}" for line in body.splitlines())
    return f"class Block(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n{lines}\n"


def test_transformed() -> None:
    check_transformed(_IMPORT + HEADER + BLOCK, _IMPORT + NNX_HEADER + AFTER)


def test_the_same_values() -> None:
    check_equivalent(_IMPORT + HEADER + BLOCK, *_CALLS)


_NAMED = 'up = partial(nn.Dense, 3, name="up")\n'
REFUSED = (
    Refusal("twice", "MN208", _block(f"{_NAMED}return up()(up()(x))")),
    Refusal("in-a-loop", "MN204", _block(f"{_NAMED}for _ in range(2):\n    x = up()(x)\nreturn x")),
    Refusal("beside-another-of-the-name", "MN208", _block(f'{_NAMED}return up()(nn.Dense(4, name="up")(x))')),
    Refusal(
        "no-literal", "MN101", _block("name = x.name\nup = partial(nn.Dense, 3, name=name)\nreturn up()(x)")
    ),
    Refusal("a-parent", "MN101", _block("up = partial(nn.Dense, 3, parent=None)\nreturn up()(x)")),
    Refusal("of-the-file", "MN101", _NAMED + "\n\n" + _block("return up()(x)")),
    Refusal(
        "for-a-field",
        "MN101",
        _block("return self.layer()(x)")
        .replace("    @", "    layer: type\n\n    @")
        .replace("Block", "Inner")
        + "\n\n"
        + _block(f"{_NAMED}return Inner(up)(x)"),
    ),
)


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    check_refused(_IMPORT + HEADER + refusal.before, refusal.code)
