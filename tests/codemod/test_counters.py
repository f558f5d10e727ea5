"""`while` with a counter makes layers as a `for` over a range does."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    changed,
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
PLAIN = (
    HEAD
    + """\
        # as many as that
        i = 0
        h = x
        while i < self.n:
            # one of them
            h = nn.Dense(4 + i, name=f"dense_{i}")(h)
            h = nn.relu(h)
            i += 1

        return h
"""
)
NNX = """\
class Net(nnx.Module):
    def __init__(self, in_features: int, n: int = 3, *, rngs: nnx.Rngs):
        self.dense = nnx.List()
        for i in range(n):
            self.dense.append(nnx.Linear(in_features, 4 + i, rngs=rngs))
            in_features = 4 + i

    def __call__(self, x):
        # as many as that
        h = x
        for dense in self.dense:
            # one of them
            h = dense(h)
            h = nnx.relu(h)

        return h
"""
NESTED = (
    HEAD
    + """\
        i = self.n - 1
        while i >= 0:
            j = 1
            while j <= self.n - 1:
                x = nn.Dense(4, name=f"dense_{i}_{j}")(x)
                j = j + 1
            i -= 1
        i = 0
        while 2 * self.n > i:
            x = nn.LayerNorm()(x) * self.param(f"scale_{i}", nn.initializers.normal(), (4 + i,)).sum()
            i += 2
        return x
"""
)
LISTED = """\
class Net(nn.Module):
    n: int = 3

    def setup(self):
        self.layers = [nn.Dense(2) for _ in range(self.n)]

    def __call__(self, x):
        i = 0
        while i < len(self.layers):
            x = self.layers[i](x)
            i += 1
        return x
"""
SAME = {"plain": PLAIN, "nested": NESTED, "listed": LISTED}


def test_transformed() -> None:
    check_transformed(HEADER + PLAIN, NNX_HEADER + NNX)


@pytest.mark.parametrize("name", SAME)
def test_computes_the_same(name: str) -> None:
    calls = [Call("Net", (2,), {"n": n}, (f32(3, 2),)) for n in (3, 2)]
    check_equivalent(HEADER + SAME[name], *calls)
    run_in_tree_mode(load(migrate(HEADER + SAME[name])[0]), calls[0])


RANGES = {
    "i < self.n": "range(n)",
    "i <= self.n": "range(n + 1)",
    "self.n - 1 >= i": "range(n)",
    "i <= 4": "range(5)",
}


@pytest.mark.parametrize("test", RANGES)
def test_range(test: str) -> None:
    text, *_ = migrate(HEADER + changed(PLAIN, ("i < self.n", test)))
    assert f"for i in {RANGES[test]}:" in text


_STEP = "            i += 1\n"
CHANGES = {
    "read behind the loop": ("return h", "return h * i"),
    "counted on a condition": (_STEP, "            if self.n > 1:\n                i += 1\n"),
    "counted twice": (_STEP, _STEP * 2),
    "counted first": ("            # one of them\n", _STEP),
    "read behind the step": (_STEP, _STEP + "            h = h + i\n"),
    "another direction": (_STEP, "            i -= 1\n"),
    "skipped": ("            h = nn.relu(h)\n", "            if i == 1:\n                continue\n"),
    "otherwise": (_STEP, _STEP + "        else:\n            h = nn.Dense(4)(h)\n"),
    "read later": ("4 + i", "4, kernel_init=lambda key, *shape: jnp.ones(*shape) * i"),
    "a fraction": ("self.n:", "self.n / 2:"),
    "a field of fractions": ("n: int = 3", "n: float = 2.5"),
    "a field that is a fraction": ("n: int = 3", "n: jax.Array = 2.5"),
    "a first number that changes": (
        "i = 0\n        h = x",
        "m = [0]\n        i = m[0]\n        h, m[0] = x, 1",
    ),
    "a bound that changes": (_STEP, "            m = m - 1\n" + _STEP),
    "an item that changes": ("            h = nn.relu(h)\n", "            m[0] = m[0] - 1\n"),
    "more than a bound": ("self.n:", "self.n and i < 5:"),
    "no counter": ("i < self.n", "h.shape[-1] < 8"),
    "a first number on a condition": ("        i = 0\n", "        if self.n > 1:\n            i = 0\n"),
}


def _changed(name: str) -> str:
    before = changed(PLAIN, (', name=f"dense_{i}"', ""), CHANGES[name])
    for bound, first in (("m", "3"), ("m[0]", "[3]")):
        if f"{bound} - 1" in before:
            return changed(before, ("h = x", f"h, m = x, {first}"), ("i < self.n", f"i < {bound}"))
    return before


@pytest.mark.parametrize("name", CHANGES)
def test_refused(name: str) -> None:
    file = check_refused(HEADER + _changed(name), "MN201")
    assert "stands inside a while" in file.diagnostics[0].message


def test_a_loop_that_makes_nothing_stays() -> None:
    text, *_ = migrate(
        HEADER
        + changed(
            PLAIN,
            ('nn.Dense(4 + i, name=f"dense_{i}")(h)', "jnp.tanh(h)"),
            ("return h", "return nn.Dense(4)(x)"),
        )
    )
    assert "while i < self.n:" in text
