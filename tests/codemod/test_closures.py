"""Functions handed to a submodule that read locals of the method which makes it."""

import pytest

from .check import Call, check_equivalent, check_refused, f32, with_header

_BLOCK = """class B(nn.Module):
    act: any

    @nn.compact
    def __call__(self, x):
        return self.act(nn.Dense(4)(x))


"""
_LAYER = """class L(nn.Module):
    n: int = 2

    @nn.compact
    def __call__(self, x):
"""


def _source(*lines: str) -> str:
    block = _BLOCK if any("B(" in line for line in lines) else ""
    return with_header(block + _LAYER + "".join(f"        {line}\n" for line in lines))


KEPT = {
    "a field": _source("return B(lambda v: v * self.n)(x)"),
    "a local": _source("k = self.n * 3", "return B(lambda v: v * k)(x)"),
    "a function of a local": _source("k = self.n * 3", "def f(v):", "    return v * k", "return B(f)(x)"),
    "names of its own": _source("for i in range(2):", "    x = B(lambda i: i * 2)(x)", "return x"),
    "the shape of what is made of a parameter later": _source(
        "h = nn.Dense(x.shape[-1])(x)",
        "w = jnp.full((3,), 2.0)",
        "w = self.param('w', lambda key: w)",
        "x = h * w",
        "return x",
    ),
    "an initializer": _source(
        "for i in range(2):",
        "    x = nn.Dense(4, kernel_init=lambda key, shape, dtype: jnp.full(shape, i + 1.0, dtype))(x)",
        "return x",
    ),
}

REFUSED = {
    "the counter of a loop": _source("for i in range(3):", "    x = B(lambda v: v * (i + 1))(x)", "return x"),
    "a local of the loop": _source(
        "for i in range(3):", "    k = i + 1", "    x = B(lambda v: v * k)(x)", "return x"
    ),
    "by way of a function": _source(
        "for i in range(3):", "    def f(v):", "        return v * (i + 1)", "    x = B(f)(x)", "return x"
    ),
    "by way of a name": _source(
        "for i in range(3):", "    f = lambda v: v * (i + 1)", "    x = B(f)(x)", "return x"
    ),
    "by way of two functions": _source(
        "k = 1", "def g(v):", "    return v * k", "b = B(lambda v: g(v))", "k = 3", "return b(x)"
    ),
    "a local that is bound again": _source("k = 2", "b = B(lambda v: v * k)", "k = 3", "return b(x)"),
    "of a layer": _source(
        "for i in range(3):", "    x = nn.RNN(nn.LSTMCell(4, activation_fn=lambda v: v * i))(x)", "return x"
    ),
    "in a sequence": _source(
        "k = 2", "s = nn.Sequential([nn.Dense(4), lambda v: v * k])", "k = 3", "return s(x)"
    ),
}


@pytest.mark.parametrize("before", KEPT.values(), ids=KEPT)
def test_computes_the_same(before: str) -> None:
    check_equivalent(before, Call("L", (3,), {}, (f32(2, 3),)))


@pytest.mark.parametrize("before", REFUSED.values(), ids=REFUSED)
def test_refused(before: str) -> None:
    check_refused(before, "MN201")
