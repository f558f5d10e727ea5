"""Pooling functions of the user's own: `reduce_window` slides over the axes between the first and the last."""

import pytest

from .check import (
    HEADER,
    Call,
    check_equivalent,
    check_refused,
    f32,
    load,
    migrate,
    run_in_tree_mode,
)

_POOL = """\
def pool(inputs, window, strides, padding):
    strides = strides or (1,) * len(window)
    strides = (1,) + strides + (1,)
    dims = (1,) + window + (1,)
    single = False
    if inputs.ndim == len(dims) - 1:
        inputs = inputs[None]
        single = True
    if not isinstance(padding, str):
        padding = tuple(map(tuple, padding))
        padding = ((0, 0),) + padding + ((0, 0),)
    y = jax.lax.reduce_window(inputs, 0.0, jax.lax.add, dims, strides, padding)
    if single:
        y = jnp.squeeze(y, axis=0)
    return y


def avg_pool(inputs, window, strides=None, padding="VALID"):
    assert inputs.ndim == 4
    y = pool(inputs, window, strides, padding)
    ones = jnp.ones((1, inputs.shape[1], inputs.shape[2], 1))
    kernel = jnp.expand_dims(jnp.ones(window), axis=(-2, -1))
    counts = jax.lax.conv_general_dilated(
        ones,
        kernel,
        window_strides=(1, 1),
        padding=((1, 1), (1, 1)),
        dimension_numbers=nn.linear._conv_dimension_numbers(ones.shape),
    )
    return y / counts


"""
_NET = """\
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = avg_pool(x, (3, 3), (1, 1), padding=((1, 1), (1, 1)))
        x = nn.Dense(4)(x).mean(axis=(1, 2))
        return nn.Dense(2)(jnp.reshape(x, shape=(x.shape[0], -1)))


class Single(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(4)(pool(x, (2, 2), None, "SAME"))
"""


def _model(old: str = "", new: str = "") -> str:
    before = HEADER + _POOL + _NET
    assert old in before
    return before.replace(old, new, 1)


def test_the_last_axis_stays() -> None:
    text, _, _ = migrate(_model())
    assert "nnx.Linear(in_features, 4, rngs=rngs)" in text
    assert "nnx.Linear(4, 2, rngs=rngs)" in text
    assert "nn.Module" not in text


def test_both_compute_the_same() -> None:
    images, one = (f32(2, 6, 5, 3),), (f32(6, 5, 3),)
    check_equivalent(_model(), Call("Net", (3,), {}, images), Call("Single", (3,), {}, images))
    check_equivalent(_model(), Call("Single", (3,), {}, one))
    run_in_tree_mode(load(migrate(_model())[0]), Call("Net", (3,), {}, images))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("dims = (1,) + window + (1,)", "dims = (1,) + window + (2,)"),  # over the last axis
        ("strides = (1,) + strides + (1,)", "strides = (1,) + strides + (2,)"),
        ("+ padding + ((0, 0),)", "+ padding + ((0, 1),)"),
        ("avg_pool(x, (3, 3), (1, 1), padding", "avg_pool(x, WINDOW, (1, 1), padding"),
        ("    return y / counts", "    return y / strange(counts)"),
        ("axis=(-2, -1))", "axis=(-3, -1))"),  # which axes of the kernel are new is not told
        ("inputs.ndim == 4", "inputs.ndim > 0"),
    ],
)
def test_what_may_change_it_is_refused(old: str, new: str) -> None:
    before = _model(old, new)
    before = before[: before.index("class Single")].rstrip() + "\n"
    check_refused(before, "MN108")
