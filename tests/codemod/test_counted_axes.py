# ruff: noqa: E501
"""Numbers of axes that arrays share: side by side, from one round to the next, and what they say of the functions between."""

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
    migrate,
    name_of,
)

LAYER = """\
class Layer(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.lecun_normal(), (3, 3, x.shape[3], self.width))
        return jax.lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


"""
BLOCK = """\
class Block(nn.Module):
    width: int = 5

    @nn.compact
    def __call__(self, x):
        residual = Layer(self.width + 1)(x)
        for i in range(2):
            x = nn.relu(Layer(self.width + i)(x))
        return nn.Dense(3)(x + residual)
"""
NNX = """\
class Layer(nnx.Module):
    def __init__(self, channels: int, width: int, *, rngs: nnx.Rngs):
        self.w = nnx.Param(
            nnx.initializers.lecun_normal()(rngs.params(), (3, 3, channels, width))
        )

    def __call__(self, x):
        return jax.lax.conv_general_dilated(x, self.w[...], (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


class Block(nnx.Module):
    def __init__(self, in_features: int, width: int = 5, *, rngs: nnx.Rngs):
        self.layer_0 = Layer(in_features, width + 1, rngs=rngs)
        self.layer = nnx.List()
        for i in range(2):
            self.layer.append(Layer(in_features, width + i, rngs=rngs))
            in_features = width + i
        self.dense_0 = nnx.Linear(width + 1, 3, rngs=rngs)

    def __call__(self, x):
        residual = self.layer_0(x)
        for layer in self.layer:
            x = nnx.relu(layer(x))
        return self.dense_0(x + residual)
"""
_IMAGES = f32(2, 4, 4, 3)


def test_axes_counted_from_the_front_in_each_round() -> None:
    check_transformed(HEADER + LAYER + BLOCK, NNX_HEADER + NNX)
    check_equivalent(HEADER + LAYER + BLOCK, Call("Block", (3,), {}, (_IMAGES,)))


HEADS = """\
def heads(x, count):
    x = jnp.reshape(x, x.shape[:-1] + (count, x.shape[-1] // count))
    if x.ndim == 5:
        return jnp.transpose(x, (0, 1, 3, 2, 4))
    elif x.ndim == 4:
        return jnp.transpose(x, (0, 2, 1, 3))
    else:
        raise ValueError(x.ndim)


def merged(x):
    if x.ndim == 5:
        x = jnp.transpose(x, (0, 1, 3, 2, 4))
    elif x.ndim == 4:
        x = jnp.transpose(x, (0, 2, 1, 3))
    else:
        raise ValueError(x.ndim)
    return jnp.reshape(x, x.shape[:-2] + (x.shape[-2] * x.shape[-1],))


class Attention(nn.Module):
    width: int = 6

    @nn.compact
    def __call__(self, x, past=None):
        q, k, v = jnp.split(nn.Dense(3 * self.width)(x), 3, axis=2)
        q, k, v = heads(q, 2), heads(k, 2), heads(v, 2)
        if past is not None:
            k = jnp.concatenate((past[0], k), axis=-2)
            v = jnp.concatenate((past[1], v), axis=-2)
        y = nn.softmax(q @ jnp.swapaxes(k, -1, -2)) @ v
        return nn.Dense(self.width)(merged(y)), (k, v)


class Block(nn.Module):
    @nn.compact
    def __call__(self, x, past=None):
        y, present = Attention()(x, past)
        x = x + y
        return x + nn.Dense(6)(x), present


"""
MODEL = """\
class Model(nn.Module):
    depth: int = 2

    @nn.compact
    def __call__(self, x, past=None):
        if past is None:
            past = tuple([None] * self.depth)
        x = nn.Dense(6)(x)
        presents = ()
        for i in range(self.depth):
            x, present = Block()(x, past[i])
            presents += (present,)
        return nn.Dense(3)(x), presents
"""
NNX_MODEL = """\
class Model(nnx.Module):
    def __init__(self, in_features: int, depth: int = 2, *, rngs: nnx.Rngs):
        self.depth = depth
        self.dense_0 = nnx.Linear(in_features, 6, rngs=rngs)
        self.block = nnx.List(Block(6, rngs=rngs) for _ in range(depth))
        self.dense_1 = nnx.Linear(6, 3, rngs=rngs)

    def __call__(self, x, past=None):
        if past is None:
            past = tuple([None] * self.depth)
        x = self.dense_0(x)
        presents = ()
        for i, block in enumerate(self.block):
            x, present = block(x, past[i])
            presents += (present,)
        return self.dense_1(x), presents
"""
_X, _PAST = f32(2, 4, 5), f32(2, 2, 2, 2, 3, 3)


def test_what_stands_beside_an_array_has_as_many_axes() -> None:
    """Nothing is said of how many axes the past has: keys and values say it, which it is put in front of."""
    text, _, _ = migrate(HEADER + HEADS + MODEL)
    assert text[text.index("class Model") :] == NNX_MODEL
    each = Call("Model", (5,), {}, (_X,)), Call("Model", (5,), {}, (_X, _PAST))
    check_equivalent(HEADER + HEADS + MODEL, *each)


REFUSED = [
    Refusal("one-that-may-have-no-round", "MN108", HEADER + LAYER + BLOCK.replace("residual = Layer(self.width + 1)(x)", "residual = 0")
            .replace("range(2)", "range(self.width)")),
    Refusal("a-past-that-nothing-stands-beside", "MN108", HEADER + HEADS.replace("jnp.concatenate((past[1], v), axis=-2)", "past[1]") + MODEL),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(case.before, case.code)
