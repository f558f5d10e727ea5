"""Layers that are made and never called have no variables in Linen: they go, and count in its automatic names."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    load,
    migrate,
    run_in_tree_mode,
)

HEAD = """\
class Net(nn.Module):
    n: int = 3

    @nn.compact
    def __call__(self, x):
"""


def _net(*lines: str) -> str:
    return HEAD + "".join(f"        {line}\n" for line in (*lines, "return x"))


LOCALS = _net(
    "# never called",
    "norm = nn.LayerNorm(epsilon=1e-3)",
    "x = nn.Dense(4)(x)",
    "width = x.shape[-1]",
    "nn.Dense(width, kernel_init=nn.initializers.normal(0.1))",
    "_ = nn.Dropout(0.1)",
    "x = nn.Dropout(0.2, deterministic=True)(nn.LayerNorm()(x))",
    "x = nn.Dense(5)(x)",
)
NNX = """\
class Net(nnx.Module):
    def __init__(self, in_features: int, n: int = 3, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, 4, rngs=rngs)
        self.dropout_1 = nnx.Dropout(0.2, deterministic=True, rngs=rngs)
        self.layer_norm_1 = nnx.LayerNorm(4, rngs=rngs)
        self.dense_2 = nnx.Linear(4, 5, rngs=rngs)

    def __call__(self, x):
        x = self.dense_0(x)
        x = self.dropout_1(self.layer_norm_1(x))
        x = self.dense_2(x)
        return x
"""
SETUP = """\
class Net(nn.Module):
    n: int = 3

    def setup(self):
        nn.Dense(3)
        dense = nn.Dense(4)
        self.dense = nn.Dense(5)

    def __call__(self, x):
        return self.dense(x)
"""
BELOW = """\
class Above(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(x)


class Net(Above):
    n: int = 3

    @nn.compact
    def __call__(self, x):
        x = super().__call__(x)
        nn.Dense(4)
        return nn.Dense(5)(x)
"""
SAME = {
    "locals": LOCALS,
    "first": _net("nn.Dense(7)", "x = nn.Dense(4)(x)"),
    "named": _net('nn.Dense(7, name="first")', "x = nn.Dense(4)(x)"),
    "either": _net("if self.n > 2:", "    nn.Dense(7)", "else:", "    nn.Dense(6)", "x = nn.Dense(4)(x)"),
    "another class on a condition": _net("if self.n > 2:", "    nn.LayerNorm()", "x = nn.Dense(4)(x)"),
    "another class in each round": _net("for _ in range(self.n):", "    y = nn.LayerNorm()", "    x = nn.Dense(4)(x)"),
    "in a with": _net('with jax.named_scope("a"):', "    nn.Dense(7)", "    x = nn.Dense(4)(x)"),
    "nothing else": _net("nn.Dense(7)", "x = x * self.param('w', nn.initializers.normal(), (2,))"),
    "in setup": SETUP,
    "below another": BELOW,
}  # fmt: skip


def test_transformed() -> None:
    check_transformed(HEADER + LOCALS, NNX_HEADER + NNX)


@pytest.mark.parametrize("name", SAME)
def test_computes_the_same(name: str) -> None:
    sizes = () if name == "nothing else" else (2,)
    calls = [Call("Net", sizes, {"n": n}, (f32(3, 2),)) for n in (3, 2)]
    check_equivalent(HEADER + SAME[name], *calls)
    run_in_tree_mode(load(migrate(HEADER + SAME[name])[0]), calls[0])


_THEN = "x = nn.Dense(4)(x)"
REFUSED = {
    "on a condition": (_net("if self.n > 2:", "    nn.Dense(7)", _THEN), "MN204"),
    "in each round": (_net("for _ in range(self.n):", "    nn.Dense(7)", _THEN), "MN204"),
    "in front of a loop": (_net("nn.Dense(7)", "for _ in range(self.n):", f"    {_THEN}"), "MN204"),
    "with another in it": (_net("nn.Sequential([nn.Dense(7)])", _THEN), "MN101"),
    "with an argument that is bound there": (_net("nn.Dense(k := 7)", "x = nn.Dense(k)(x)"), "MN101"),
    "with an argument that may do something": (_net("nn.Dense(width(x))", _THEN), "MN101"),
    "printed": (_net("dense = nn.Dense(7)", "print(dense)", _THEN), "MN101"),
    "bound again": (_net("dense = nn.Dense(7)", "dense = nn.Dense(4)", "x = dense(x)"), "MN101"),
    "all that a with has": (_net('with jax.named_scope("a"):', "    nn.Dense(7)", _THEN), "MN101"),
    "behind a class that throws away": (
        BELOW.replace("        return nn.Dense(3)(x)\n", "        nn.Dense(3)\n        return x\n", 1),
        "MN101",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    before, code = REFUSED[name]
    check_refused(HEADER + before, code)
