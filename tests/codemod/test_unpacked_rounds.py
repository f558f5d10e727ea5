"""Arrays that one expression makes of several: `q, k, v = (split(a) for a in (q, k, v))`, as attention is written."""

import pytest

from .check import HEADER, Call, check_equivalent, check_refused, f32

ATTENTION = """\
class Attention(nn.Module):
    heads: int = 2

    @nn.compact
    def __call__(self, x):
        b, t, c = x.shape
        q, k, v = jnp.split(nn.Dense(3 * c)(x), 3, axis=-1)
        q, k, v = {split}
        y = nn.softmax(q @ k.swapaxes(-2, -1)) @ v
        return nn.Dense(c)(y.swapaxes(1, 2).reshape(b, t, v.shape[-1] * self.heads))
"""
HEADS = "a.reshape(b, t, self.heads, c // self.heads).swapaxes(1, 2)"
WIDTHS = """\
class Widths(nn.Module):
    @nn.compact
    def __call__(self, x):
        y, z = {parts}
        return nn.Dense(2)(y) + nn.Dense(2)(z)
"""


@pytest.mark.parametrize(
    "split",
    [
        f"({HEADS} for a in (q, k, v))",
        f"[{HEADS} for a in (q, k, v)]",
        f"map(lambda a: {HEADS}, (q, k, v))",
        f"map(lambda a: {HEADS}, [q, k, v])",
    ],
)
def test_heads(split: str) -> None:
    source = HEADER + ATTENTION.format(split=split)
    check_equivalent(source, Call("Attention", (6,), {}, (f32(2, 3, 6),)))


@pytest.mark.parametrize(
    "parts",
    [
        "nn.Dense(3)(x), nn.Dense(4)(x)\n        y, z = (jnp.concatenate([a, a], -1) for a in (y, z))",
        "map(lambda a: jnp.concatenate([a, a], -1), (nn.Dense(3)(x), nn.Dense(4)(x)))",
    ],
)
def test_each_has_its_own_size(parts: str) -> None:
    check_equivalent(HEADER + WIDTHS.format(parts=parts), Call("Widths", (5,), {}, (f32(2, 5),)))


@pytest.mark.parametrize(
    "parts",
    [
        "frob(jnp.tanh(a) for a in (nn.Dense(3)(x), nn.Dense(4)(x)))",
        "map(frob, (nn.Dense(3)(x), nn.Dense(4)(x)))",
        "(jnp.tanh(a) for a in frob(nn.Dense(3)(x)))",
        "map(lambda a, b: a, (nn.Dense(3)(x), x), (x, x))",
    ],
)
def test_what_gives_something_else_stays(parts: str) -> None:
    frob = "def frob(a):\n    return [*a]\n\n\n"
    check_refused(HEADER + frob + WIDTHS.format(parts=parts), "MN108")
