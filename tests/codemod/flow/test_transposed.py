"""How wide an image is behind a transposed convolution: as many times wider as it strides, where it pads so."""

import pytest

from ..check import HEADER, Call, check_equivalent, check_refused, f32, migrate

FLAT = """\
class Decoder(nn.Module):
    stride: int = 2

    @nn.compact
    def __call__(self, x):
        x = nn.ConvTranspose(3, (3, 3), strides={}{})(x)
        return nn.Dense(2)(x.reshape(x.shape[0], -1))
"""
IMAGE = f32(2, 4, 6, 5)


@pytest.mark.parametrize(
    "strides",
    [
        "(2, 3)",
        "None",
        "(self.stride, self.stride)",
        "2, kernel_dilation=(2, 2)",
        "(2, 1), padding='SAME'",
        "(2, 4), padding='VALID'",
    ],
)
def test_a_flattened_image_has_the_size_that_linen_gives_it(strides: str) -> None:
    check_equivalent(HEADER + FLAT.format(strides, ""), Call("Decoder", ((4, 6, 5),), {}, (IMAGE,)))


@pytest.mark.parametrize("padding", ["'VALID', kernel_dilation=2", "'CIRCULAR'", "((1, 1), (1, 1))"])
def test_other_padding_is_not_told(padding: str) -> None:
    check_refused(HEADER + FLAT.format("(2, 2), padding=", padding), "MN108")


BLOCK = """\
class Conv(nn.Module):
    kind: str
    features: int
    strides: tuple[int, int] = (1, 1)

    def setup(self):
        if self.kind == "plain":
            self.conv = nn.Conv(self.features, (3, 3), strides=self.strides)
        else:
            self.conv = nn.ConvTranspose(self.features, (3, 3), strides=self.strides)

    def __call__(self, x):
        return self.conv(x)


class Block(nn.Module):
    kind: str
    features: int
    strides: tuple[int, int] = (1, 1)

    @nn.compact
    def __call__(self, x):
        y = Conv(self.kind, self.features, self.strides)(x)
        if x.shape != y.shape:
            x = Conv(self.kind, self.features, self.strides)(x)
        return x + y
"""


@pytest.mark.parametrize("kind", ["plain", "turned"])
@pytest.mark.parametrize("fields", [{}, {"strides": (2, 2)}, {"features": 5}])
def test_shapes_differ_by_the_stride_of_either(kind: str, fields: dict[str, object]) -> None:
    text, _, _ = migrate(HEADER + BLOCK)
    assert "if in_features != features or strides != (1, 1):" in text
    call = Call("Block", (5,), {"kind": kind, "features": 3, **fields}, (IMAGE,))
    check_equivalent(HEADER + BLOCK, call)
