"""Sizes of the last axes of an argument, which a caller passes who knows no more of it than these."""

import numpy as np

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_transformed, f32

IMAGES = """\
class Patches(nn.Module):
    width: int

    @nn.compact
    def __call__(self, image):
        x = nn.Conv(self.width, (2, 2), strides=(2, 2))(image)
        x = x.reshape(x.shape[0], -1, self.width)
        return x + self.param("pos", nn.initializers.normal(), (1, x.shape[1], self.width))


class Pair(nn.Module):
    def setup(self):
        self.visual = Patches(4)

    def encode(self, image):
        return self.visual(image).mean(1)

    def __call__(self, image):
        return self.encode(image)
"""
NNX_IMAGES = """\
class Patches(nnx.Module):
    def __init__(self, in_shape: tuple[int, int, int], width: int, *, rngs: nnx.Rngs):
        self.width = width
        self.conv_0 = nnx.Conv(in_shape[-1], width, (2, 2), strides=(2, 2), rngs=rngs)
        self.pos = nnx.Param(
            nnx.initializers.normal()(
                rngs.params(),
                (1, (in_shape[-3] + 1) // 2 * ((in_shape[-2] + 1) // 2), width),
            )
        )

    def __call__(self, image):
        x = self.conv_0(image)
        x = x.reshape(x.shape[0], -1, self.width)
        return x + self.pos


class Pair(nnx.Module):
    def __init__(self, in_shape: tuple[int, int, int], *, rngs: nnx.Rngs):
        self.visual = Patches(in_shape, 4, rngs=rngs)

    def encode(self, image):
        return self.visual(image).mean(1)

    def __call__(self, image):
        return self.encode(image)
"""


def test_a_field_has_the_name_that_an_axis_would_have() -> None:
    check_transformed(HEADER + IMAGES, NNX_HEADER + NNX_IMAGES)
    check_equivalent(HEADER + IMAGES, Call("Pair", ((6, 4, 3),), {}, (f32(2, 6, 4, 3),)))


READER = """\
class Reader(nn.Module):
    @nn.compact
    def __call__(self, text):
        x = nn.LayerNorm()(nn.Embed(9, 5)(text))
        x = x[jnp.arange(x.shape[0]), text.argmax(-1)]
        return nn.Dense(3)(x)


class Reads(nn.Module):
    @nn.compact
    def __call__(self, text):
        return Reader()(text)
"""
NNX_READER = """\
class Reader(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.layer_norm_0 = nnx.LayerNorm(5, rngs=rngs)
        self.embed_0 = nnx.Embed(9, 5, rngs=rngs)
        self.dense_0 = nnx.Linear(5, 3, rngs=rngs)

    def __call__(self, text):
        x = self.layer_norm_0(self.embed_0(text))
        x = x[jnp.arange(x.shape[0]), text.argmax(-1)]
        return self.dense_0(x)


class Reads(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.reader_0 = Reader(rngs=rngs)

    def __call__(self, text):
        return self.reader_0(text)
"""


def test_a_token_of_each_text() -> None:
    check_transformed(HEADER + READER, NNX_HEADER + NNX_READER)
    check_equivalent(HEADER + READER, Call("Reads", (), {}, (np.array([[0, 3, 8], [1, 7, 5]]),)))
