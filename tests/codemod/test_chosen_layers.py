"""`conv = nn.Conv if self.down else nn.ConvTranspose`: what makes a layer stands on either side of an `if`."""

import pytest

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_refused, check_transformed, f32

BEFORE = """\
class Block(nn.Module):
    features: int
    down: bool = True

    @nn.compact
    def __call__(self, x):
        # the one or the other
        conv = nn.Conv if self.down else nn.ConvTranspose
        x = conv(
            self.features,
            (4, 4),
            strides=(2, 2),
        )(x)
        x = nn.relu(x)
        return nn.Conv(2, (1, 1))(x)
"""
AFTER = """\
class Block(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: int,
        down: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        self.down = down
        # the one or the other
        if down:
            self.conv_0 = nnx.Conv(
                in_features, features, (4, 4), strides=(2, 2), rngs=rngs
            )
        else:
            self.conv_transpose_0 = nnx.ConvTranspose(
                in_features, features, (4, 4), strides=(2, 2), rngs=rngs
            )
        self.conv_1 = nnx.Conv(features, 2, (1, 1), rngs=rngs)

    def __call__(self, x):
        # the one or the other
        if self.down:
            x = self.conv_0(x)
        else:
            x = self.conv_transpose_0(x)
        x = nnx.relu(x)
        return self.conv_1(x)
"""


def test_transformed() -> None:
    check_transformed(HEADER + BEFORE, NNX_HEADER + AFTER)


@pytest.mark.parametrize("down", [False, True])
def test_computes_the_same(down: bool) -> None:
    check_equivalent(HEADER + BEFORE, Call("Block", (3,), {"features": 4, "down": down}, (f32(2, 4, 4, 3),)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("nn.Conv if self.down", "nn.Conv if x.ndim > 3"),
        ("nn.Conv if self.down", "min if self.down"),
        ("        x = nn.relu(x)\n", "        x = jax.tree.map(conv, x)\n"),
        ("        x = nn.relu(x)\n", "        for _ in range(2):\n            x = conv(4, (1, 1))(x)\n"),
    ],
    ids=["values", "no-layer", "handed-on", "in-a-loop"],
)
def test_other_choices_stay(old: str, new: str) -> None:
    assert old in BEFORE
    check_refused(HEADER + BEFORE.replace(old, new), "MN101")
