# ruff: noqa: E501
"""Modules that a comprehension makes over literal names: each is spelled out."""

import pytest

from .check import Call, Refusal, check_equivalent, check_refused, check_transformed, f32, name_of

HEADER = "from functools import partial\n\nimport jax.numpy as jnp\nfrom flax import linen as nn\n\n\n"
AFTER = "from functools import partial\n\nimport jax.numpy as jnp\nfrom flax import nnx\n\n\n"
GATE = """\
class Gate(nn.Module):
    dim: int = 4

    @nn.compact
    def __call__(self, x):
        dense = partial(nn.Dense, self.dim)
        q, k, v = (dense(name=n)(x) for n in ("query", "key", "value"))
        low, high = [
            jnp.tanh(dense(use_bias=n == "high", name=n)(x))
            for n in ["low", "high"]
        ]
        return q * k + v + low * high
"""
NNX = """\
class Gate(nnx.Module):
    def __init__(self, in_features: int, dim: int = 4, *, rngs: nnx.Rngs):
        dense = partial(nnx.Linear, out_features=dim)
        self.query = dense(in_features, rngs=rngs)
        self.key = dense(in_features, rngs=rngs)
        self.value = dense(in_features, rngs=rngs)
        self.low = dense(in_features, use_bias="low" == "high", rngs=rngs)
        self.high = dense(in_features, use_bias="high" == "high", rngs=rngs)

    def __call__(self, x):
        q, k, v = self.query(x), self.key(x), self.value(x)
        low, high = [
            jnp.tanh(self.low(x)),
            jnp.tanh(self.high(x)),
        ]
        return q * k + v + low * high
"""


def test_transformed() -> None:
    check_transformed(HEADER + GATE, AFTER + NNX)


def test_computes_the_same() -> None:
    check_equivalent(HEADER + GATE, Call("Gate", (3,), {}, (f32(2, 3),)))


def _net(expression: str) -> str:
    return f"{HEADER}class Net(nn.Module):\n    names: tuple = ('a', 'b')\n\n    @nn.compact\n    def __call__(self, x):\n        return {expression}\n"


REFUSED = [
    Refusal("names-of-a-field", "MN204", _net("[nn.Dense(3, name=n)(x) for n in self.names]")),
    Refusal("with-a-test", "MN101", _net("[nn.Dense(3, name=n)(x) for n in ('a', 'b') if n > 'a']")),
    Refusal("a-name-that-is-put-together", "MN204", _net("[nn.Dense(3, name=n + '_')(x) for n in ('a', 'b')]")),
    Refusal("a-generator-that-is-handed-on", "MN204", _net("sum(nn.Dense(3, name=n)(x) for n in ('a', 'b'))")),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(case.before, case.code)
