"""Gates and shortcuts: what a class multiplies its input with keeps the shape of it, and a shape says what is made."""

import pytest

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_refused, check_transformed, f32

GATES = """\
class Squeeze(nn.Module):
    ratio: int = 4

    @nn.compact
    def __call__(self, x):
        s = jnp.mean(x, axis=(1, 2), keepdims=True)
        s = nn.relu(nn.Dense(x.shape[-1] // self.ratio)(s))
        return x * nn.sigmoid(nn.Dense(x.shape[-1])(s))


class Pooled(nn.Module):
    @nn.compact
    def __call__(self, x):
        s = nn.avg_pool(x, window_shape=x.shape[1:3])
        return x * nn.sigmoid(nn.Conv(x.shape[-1], (1, 1))(s))


class Block(nn.Module):
    f: int = 8

    @nn.compact
    def __call__(self, x):
        y = Squeeze()(nn.Conv(self.f, (3, 3))(x))
        y = Pooled()(y)
        if x.shape != y.shape:
            x = nn.Conv(self.f, (1, 1))(x)
        return x + y
"""
NNX_GATES = """\
class Squeeze(nnx.Module):
    def __init__(self, in_features: int, ratio: int = 4, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, in_features // ratio, rngs=rngs)
        self.dense_1 = nnx.Linear(in_features // ratio, in_features, rngs=rngs)

    def __call__(self, x):
        s = jnp.mean(x, axis=(1, 2), keepdims=True)
        s = nnx.relu(self.dense_0(s))
        return x * nnx.sigmoid(self.dense_1(s))


class Pooled(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.conv_0 = nnx.Conv(in_features, in_features, (1, 1), rngs=rngs)

    def __call__(self, x):
        s = nnx.avg_pool(x, window_shape=x.shape[1:3])
        return x * nnx.sigmoid(self.conv_0(s))


class Block(nnx.Module):
    def __init__(self, in_features: int, f: int = 8, *, rngs: nnx.Rngs):
        self.squeeze_0 = Squeeze(f, rngs=rngs)
        self.conv_0 = nnx.Conv(in_features, f, (3, 3), rngs=rngs)
        self.pooled_0 = Pooled(f, rngs=rngs)
        if in_features != f:
            self.conv_1 = nnx.Conv(in_features, f, (1, 1), rngs=rngs)

    def __call__(self, x):
        y = self.squeeze_0(self.conv_0(x))
        y = self.pooled_0(y)
        if x.shape != y.shape:
            x = self.conv_1(x)
        return x + y
"""
SHORTCUT = """\
class Block(nn.Module):
    f: int = 8
    stride: int = 1

    def setup(self):
        self.conv = nn.Conv(self.f, (3, 3), strides=self.stride)
        self.proj = nn.Conv(self.f, (1, 1), strides=self.stride)

    def __call__(self, x):
        y = nn.relu(self.conv(x))
        if x.shape != y.shape:
            x = self.proj(x)
        return x + y
"""
NNX_SHORTCUT = """\
class Block(nnx.Module):
    def __init__(
        self,
        in_features: int,
        f: int = 8,
        stride: int = 1,
        *,
        rngs: nnx.Rngs,
    ):
        self.conv = nnx.Conv(in_features, f, (3, 3), strides=stride, rngs=rngs)
        if in_features != f or stride != 1:
            self.proj = nnx.Conv(in_features, f, (1, 1), strides=stride, rngs=rngs)

    def __call__(self, x):
        y = nnx.relu(self.conv(x))
        if x.shape != y.shape:
            x = self.proj(x)
        return x + y
"""
CALL = "def __call__(self, x):"


@pytest.mark.parametrize(
    ("before", "after"), [(GATES, NNX_GATES), (SHORTCUT, NNX_SHORTCUT)], ids=["gates", "shortcut"]
)
def test_transformed(before: str, after: str) -> None:
    check_transformed(HEADER + before, NNX_HEADER + after)


@pytest.mark.parametrize("before", [GATES, SHORTCUT], ids=["gates", "shortcut"])
@pytest.mark.parametrize("features", [3, 8])
def test_computes_the_same(before: str, features: int) -> None:
    check_equivalent(HEADER + before, Call("Block", (features,), {}, (f32(2, 4, 4, features),)))


@pytest.mark.parametrize("features", [3, 8])
def test_a_stride_makes_the_shortcut(features: int) -> None:
    inputs = (f32(2, 4, 4, features),)
    check_equivalent(HEADER + SHORTCUT, Call("Block", (features,), {"stride": 2}, inputs))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("x.shape != y.shape", "x.sum() > 0", "MN201"),
        ("x.shape != y.shape", "x.shape != x0.shape", "MN201"),
        (CALL, f"{CALL}\n        return self.run(x)\n\n    def run(self, x):", "MN201"),
    ],
    ids=["values", "another-input", "another-method"],
)  # fmt: skip
def test_what_is_no_size_of_the_input_tells_nothing(old: str, new: str, code: str) -> None:
    text = SHORTCUT.replace(CALL, "def __call__(self, x, x0):") if "x0" in new else SHORTCUT
    assert old in text
    check_refused(HEADER + text.replace(old, new), code)
