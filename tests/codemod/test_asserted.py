"""Assertions of shapes tell the axes that nothing else does; a program that goes on has the shape it says."""

from typing import Any

import pytest

from .check import HEADER, Call, check_equivalent, f32, listed, migrate, refusals

INNER = """\
import string


def contract_inner(x, y):
    left = list(string.ascii_lowercase[: len(x.shape)])
    right = list(string.ascii_uppercase[: len(y.shape)])
    right[0] = left[-1]
    return jnp.einsum("{{}},{{}}->{{}}".format(*map("".join, (left, right, left[:-1] + right[1:]))), x, y)


class Inner(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.normal(), (x.shape[-1], self.features))
        y = contract_inner(x, w)
        {assertion}
        return y


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = Inner(5)(x)
        return nn.Dense(x.shape[{axis}])(nn.LayerNorm()(x))
"""


@pytest.mark.parametrize(
    ("assertion", "axis", "size"),
    [
        ("assert y.shape == x.shape[:-1] + (self.features,)", -1, 3),
        ("assert y.shape == x.shape[:2] + (self.features,)", 2, 3),
        ("assert x.ndim == 3 and (*x.shape[:2], self.features) == y.shape, y.shape", 1, (2, 4, 3)),
        ("z = jnp.zeros((2, 4, self.features))\n        assert y.shape == z.shape", 1, 3),
        ("assert y.shape == (x.shape[0], x.shape[1], self.features) == y.shape", 2, 3),
    ],
)
def test_the_shape_is_the_one_that_is_asserted(assertion: str, axis: int, size: Any) -> None:
    source = HEADER + INNER.format(assertion=assertion, axis=axis)
    _, file, _ = migrate(source)
    assert not refusals(file), listed(file)
    check_equivalent(source, Call("Net", (size,), {}, (f32(2, 4, 3),)))


@pytest.mark.parametrize(
    "assertion",
    [
        "assert y.shape != x.shape[:-1] + (self.features,)",
        "assert y.shape == x.shape[:-1] + (self.features,) or self.features > 3",
        "assert y.ndim == x.ndim",
        "pass",
    ],
)
def test_what_says_nothing_of_the_shape(assertion: str) -> None:
    _, file, _ = migrate(HEADER + INNER.format(assertion=assertion, axis=-1))
    assert "MN108" in {d.code for d in refusals(file)}
