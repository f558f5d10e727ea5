"""Shapes that setup asks for: there is no input, so they are those of what fields hold."""

import jax.numpy as jnp
import numpy as np
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

_SOURCE = """\
from typing import Optional, Union


class ScaleShift(nn.Module):
    n: int = 4
    scale: Union[jnp.ndarray, float] = 2.0
    shift: Optional[Union[jnp.ndarray, float]] = 0.0

    def setup(self):
        scale = jnp.asarray(self.scale)
        shift = jnp.asarray(self.shift)
        # one for each, or the same for all
        if len(scale.shape) > 0:
            n = scale.shape[0]
        else:
            n = self.n
        if scale.ndim == 1:
            scale = scale[:, None]
        init = nn.initializers.constant(scale)
        self.w = self.param("scale", init, (n, 3), scale.dtype)
        self.b = self.param("shift", nn.initializers.constant(shift), (n, jnp.shape(self.w)[1]))

    def __call__(self, x, i):
        return self.w[i] * x + self.b[i]
"""
_AFTER = """\
from typing import Optional, Union


class ScaleShift(nnx.Module):
    def __init__(
        self,
        n: int = 4,
        scale: Union[jnp.ndarray, float] = 2.0,
        shift: Optional[Union[jnp.ndarray, float]] = 0.0,
        *,
        rngs: nnx.Rngs,
    ):
        self.n = n
        scale = jnp.asarray(scale)
        shift = jnp.asarray(shift)
        # one for each, or the same for all
        if len(scale.shape) > 0:
            n = scale.shape[0]
        else:
            n = self.n
        if scale.ndim == 1:
            scale = scale[:, None]
        init = nnx.initializers.constant(scale)
        self.scale = nnx.Param(init(rngs.params(), (n, 3), scale.dtype))
        self.shift = nnx.Param(
            nnx.initializers.constant(shift)(
                rngs.params(), (n, jnp.shape(self.scale[...])[1])
            )
        )

    def __call__(self, x, i):
        return self.scale[i] * x + self.shift[i]
"""


def test_is_migrated() -> None:
    check_transformed(HEADER + _SOURCE, NNX_HEADER + _AFTER)


@pytest.mark.parametrize("scale", [3.0, np.arange(5.0, dtype=np.float32), jnp.ones((2, 3))])
def test_computes_the_same(scale: object) -> None:
    given = {"scale": scale, "shift": jnp.arange(3.0)}
    check_equivalent(HEADER + _SOURCE, Call("ScaleShift", (), given, (f32(4, 3), np.array([0, 1, 1, 0]))))


def test_what_setup_reads_of_a_variable_is_called_like_it() -> None:
    before = """\
class Net(nn.Module):
    def setup(self):
        self.w = self.param("scale", nn.initializers.normal(), (3,))
        self.mean = self.variable("batch_stats", "average", jnp.zeros, self.w.shape)
        self.var = self.variable("batch_stats", "var", jnp.ones, (3,))
        self.v = self.param("v", lambda key: 2 * self.w + self.mean.value + self.var.value)

    def __call__(self, x):
        return x * self.w + self.mean.value + self.v / self.var.value
"""
    after = """\
class Net(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.scale = nnx.Param(nnx.initializers.normal()(rngs.params(), (3,)))
        self.average = nnx.BatchStat(jnp.zeros(self.scale.shape))
        self.var = nnx.BatchStat(jnp.ones((3,)))
        self.v = nnx.Param(2 * self.scale + self.average[...] + self.var[...])

    def __call__(self, x):
        return x * self.scale + self.average[...] + self.v / self.var[...]
"""
    check_transformed(HEADER + before, NNX_HEADER + after)
    check_equivalent(HEADER + before, Call("Net", inputs=(f32(4, 3),)))


REFUSED = (
    Refusal(
        "field-read-twice", "MN105", _SOURCE.replace('self.param("shift"', 'self.scale + self.param("shift"')
    ),
    Refusal(
        "local-bound-before",
        "MN105",
        _SOURCE.replace("        scale =", "        if self.n:\n            scale = 3\n        scale =", 1),
    ),
    Refusal("array-that-is-kept", "MN105", _SOURCE.replace("self.w[i] * x", "self.w[i] * x * self.scale")),
)


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_is_refused(case: Refusal) -> None:
    check_refused(HEADER + case.before, case.code)
