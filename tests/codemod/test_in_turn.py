# ruff: noqa: E501
"""Modules of setup that one expression calls in turn: `q, k, v = (w(x) for w in (self.wq, self.wk, self.wv))`."""

import pytest

from .check import Call, Case, check_equivalent, check_transformed, f32, migrate, name_of, refusals

HEADER = "import jax.numpy as jnp\nfrom flax import linen as nn\n\n\n"
AFTER = "import jax.numpy as jnp\nfrom flax import nnx\n\n\n"
_X = f32(2, 3, 5)

HEADS = Case("heads", """\
class Net(nn.Module):
    width: int = 4

    def setup(self):
        self.wq = nn.Dense(self.width)
        self.wk = nn.Dense(self.width, use_bias=False)
        self.wo = nn.Dense(3)

    def __call__(self, x):
        q, k = (w(x).reshape(*x.shape[:-1], 2, -1) for w in (self.wq, self.wk))
        both = [jnp.tanh(w(x)) for w in [self.wk, self.wq]]
        return self.wo((q * k).reshape(*x.shape[:-1], self.width)) + both[0].sum() * both[1].max()
""", """\
class Net(nnx.Module):
    def __init__(self, in_features: int, width: int = 4, *, rngs: nnx.Rngs):
        self.width = width
        self.wq = nnx.Linear(in_features, width, rngs=rngs)
        self.wk = nnx.Linear(in_features, width, use_bias=False, rngs=rngs)
        self.wo = nnx.Linear(width, 3, rngs=rngs)

    def __call__(self, x):
        q, k = (w(x).reshape(*x.shape[:-1], 2, -1) for w in (self.wq, self.wk))
        both = [jnp.tanh(w(x)) for w in [self.wk, self.wq]]
        return self.wo((q * k).reshape(*x.shape[:-1], self.width)) + both[0].sum() * both[1].max()
""", (Call("Net", (5,), {}, (_X,)),))  # fmt: skip


@pytest.mark.parametrize("case", [HEADS], ids=name_of)
def test_transformed(case: Case) -> None:
    check_transformed(HEADER + case.before, AFTER + case.after)
    check_equivalent(HEADER + case.before, *case.calls)


REFUSED = {
    "kept": "ws = [w for w in (self.wq, self.wk)]\n        return ws[0](x) + ws[1](x)",
    "later": "ys = (w(x) for w in (self.wq, self.wk))\n        return sum(ys)",
    "under another name": "ys = [f(x) for f in (w for w in (self.wq, self.wk))]\n        return ys[0]",
    "in a function": "ys = [(lambda: w(x))() for w in (self.wq, self.wk)]\n        return ys[0]",
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    before = f"{HEADER}class Net(nn.Module):\n    def setup(self):\n        self.wq = nn.Dense(3)\n        self.wk = nn.Dense(3)\n\n    def __call__(self, x):\n        {REFUSED[name]}\n"
    text, file, _ = migrate(before)
    assert text == before
    assert "MN101" in {d.code for d in refusals(file)}
