"""Parameters that are a tuple or a dict of arrays: `mean, std = self.param("stat", lambda key: (a, b))`."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    run_in_tree_mode,
)
from .check import load as loaded

SCALE = """\
class Scale(nn.Module):
    @nn.compact
    def __call__(self, x):
        mean, std = self.param("stat", lambda key: (jnp.zeros(3), jnp.ones(3)))

        def both(key, n):
            return {"a": jnp.zeros(n), "b": jnp.ones(n)}

        t = self.param("t", both, x.shape[-1])
        return (x - mean) / std * t["a"] + jax.tree.leaves(t)[1]
"""
NNX_SCALE = """\
class Scale(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.stat = nnx.Param((jnp.zeros(3), jnp.ones(3)))
        def both(key, n):
            return {"a": jnp.zeros(n), "b": jnp.ones(n)}
        self.t = nnx.Param(both(rngs.params(), in_features))

    def __call__(self, x):
        mean, std = self.stat.get_value()

        return (x - mean) / std * self.t["a"] + jax.tree.leaves(self.t.get_value())[1]
"""
METHOD = """\
class Whitened(nn.Module):
    def _start(self, key):
        return jnp.zeros(3), jnp.ones(3)

    def setup(self):
        self.stat = self.param("stat", self._start)

    def __call__(self, x):
        mean, std = self.stat
        return (x - mean) / std + self.stat[0]
"""


def test_transformed() -> None:
    check_transformed(HEADER + SCALE, NNX_HEADER + NNX_SCALE)


def test_computes_the_same() -> None:
    scale = Call("Scale", (3,), {}, (f32(2, 3),))
    check_equivalent(f"{HEADER}{SCALE}\n\n{METHOD}", scale, Call("Whitened", (), {}, (f32(2, 3),)))
    run_in_tree_mode(loaded(NNX_HEADER + NNX_SCALE), scale)


@pytest.mark.parametrize("head", ["", "    "], ids=["of-the-file", "of-the-method"])
def test_a_variable_stays(head: str) -> None:
    made = f"{head * 2}def both():\n{head * 2}    return jnp.zeros(3), jnp.ones(3)\n"
    outside, inside = ("", made) if head else (f"{made}\n\n", "")
    body = '        mean, std = self.variable("stats", "s", both).value\n        return (x - mean) / std\n'
    text = f"{outside}class L(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n{inside}{body}"
    check_refused(HEADER + text, "MN212")
