# ruff: noqa: E501
"""Modules that a loop makes over literal names: each round is spelled out."""

import pytest
from flax import nnx

from .check import (
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    name_of,
    with_header,
)

BEFORE = """\
class Gates(nn.Module):
    dim: int = 4

    @nn.compact
    def __call__(self, x, h):
        read = {}
        kept = {}
        # both of them
        for gate in ['i', 'f']:
            # of the input
            read[gate] = nn.Dense(
                self.dim,
                use_bias=False,
                name=f'i{gate}',
            )(x)
            kept[gate] = nn.Dense(self.dim, name=f"h{gate}")(h)
        y = nn.sigmoid(read['i'] + kept['i']) * nn.tanh(read['f'] + kept['f'])
        for name, size in (("low", self.dim), ("high", 7)):
            y = nn.Dense(size, name=name)(y)
        for side in ("left", "right"):
            y += nn.Dense(7, name="to_" + side)(x)
        return y
"""
AFTER = """\
class Gates(nnx.Module):
    def __init__(
        self,
        x_features: int,
        h_features: int,
        dim: int = 4,
        *,
        rngs: nnx.Rngs,
    ):
        self.ii = nnx.Linear(x_features, dim, use_bias=False, rngs=rngs)
        self.hi = nnx.Linear(h_features, dim, rngs=rngs)
        self.if_ = nnx.Linear(x_features, dim, use_bias=False, rngs=rngs)
        self.hf = nnx.Linear(h_features, dim, rngs=rngs)
        self.low = nnx.Linear(dim, dim, rngs=rngs)
        self.high = nnx.Linear(dim, 7, rngs=rngs)
        self.to_left = nnx.Linear(x_features, 7, rngs=rngs)
        self.to_right = nnx.Linear(x_features, 7, rngs=rngs)

    def __call__(self, x, h):
        read = {}
        kept = {}
        # both of them
        # of the input
        read['i'] = self.ii(x)
        kept['i'] = self.hi(h)
        read['f'] = self.if_(x)
        kept['f'] = self.hf(h)
        y = nnx.sigmoid(read['i'] + kept['i']) * nnx.tanh(read['f'] + kept['f'])
        y = self.low(y)
        y = self.high(y)
        y += self.to_left(x)
        y += self.to_right(x)
        return y
"""


def test_transformed() -> None:
    check_transformed(with_header(BEFORE), with_header(AFTER, NNX_HEADER))


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
def test_computes_the_same(graph: bool) -> None:
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        check_equivalent(with_header(BEFORE), Call("Gates", (3, 5), {}, (f32(2, 3), f32(2, 5))))


MADE_BEFORE = """\
class Net(nn.Module):
    def setup(self):
        self.conv1 = nn.Dense(4)
        self.norm1 = nn.LayerNorm()
        self.conv2 = nn.Dense(5)
        self.norm2 = nn.LayerNorm()

    def __call__(self, x):
        for conv, norm in zip([self.conv1, self.conv2], [self.norm1, self.norm2]):
            # each of them
            x = nn.relu(norm(conv(x)))  # one after the other
        return x

    def by_number(self, x):
        for i in range(1, 3):
            x = getattr(self, f"conv{i}")(x)
            x = i * getattr(self, "norm%d" % i)(x)
        return x


class Heads(nn.Module):
    def setup(self):
        self.head_a = nn.Dense(2)
        self.head_b = nn.Dense(3)

    def __call__(self, x):
        out = {}
        for name in ("a", "b"):
            out[name] = getattr(self, f"head_{name}")(x)
        return out
"""
MADE_AFTER = """\
class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.conv1 = nnx.Linear(in_features, 4, rngs=rngs)
        self.norm1 = nnx.LayerNorm(4, rngs=rngs)
        self.conv2 = nnx.Linear(4, 5, rngs=rngs)
        self.norm2 = nnx.LayerNorm(5, rngs=rngs)

    def __call__(self, x):
        # each of them
        x = nnx.relu(self.norm1(self.conv1(x)))  # one after the other
        x = nnx.relu(self.norm2(self.conv2(x)))  # one after the other
        return x

    def by_number(self, x):
        x = self.conv1(x)
        x = 1 * self.norm1(x)
        x = self.conv2(x)
        x = 2 * self.norm2(x)
        return x


class Heads(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.head_a = nnx.Linear(in_features, 2, rngs=rngs)
        self.head_b = nnx.Linear(in_features, 3, rngs=rngs)

    def __call__(self, x):
        out = {}
        out["a"] = self.head_a(x)
        out["b"] = self.head_b(x)
        return out
"""


def test_modules_of_setup_are_called_one_by_one() -> None:
    check_transformed(with_header(MADE_BEFORE), with_header(MADE_AFTER, NNX_HEADER))


def test_modules_of_setup_compute_the_same() -> None:
    check_equivalent(
        with_header(MADE_BEFORE),
        Call("Net", (3,), {}, (f32(2, 3),)),
        Call("Net", (3,), {}, (f32(2, 3),), {}, "by_number"),
        Call("Heads", (5,), {}, (f32(2, 5),)),
    )


def _net(*rows: str, behind: str = "x") -> str:
    body = "".join(f"        {row}\n" for row in rows)
    return f"class Net(nn.Module):\n    names: tuple = ('a', 'b')\n\n    @nn.compact\n    def __call__(self, x):\n{body}        return {behind}\n"


_MAKES = "x = nn.Dense(3, name=n)(x)"
_TWO = 'for n in ("a", "b"):'
REFUSED = [
    Refusal("names-of-a-field", "MN204", _net("for n in self.names:", f"    {_MAKES}")),
    Refusal("names-in-a-format", "MN204", _net(_TWO, "    x = nn.Dense(3, name=f'{n:>3}')(x)")),
    Refusal("names-with-more-of-the-loop", "MN204", _net("for k in range(2):", '    for n in ("a", "b"):', "        x = nn.Dense(3, name=f'{n}{k}')(x)")),
    Refusal("a-name-that-is-read-behind", "MN204", _net(_TWO, f"    {_MAKES}", behind="x, n")),
    Refusal("a-name-that-is-bound-again", "MN204", _net(_TWO, f"    {_MAKES}", "    n = 'c'")),
    Refusal("a-loop-that-ends", "MN204", _net(_TWO, f"    {_MAKES}", "    break")),
    Refusal("a-loop-with-a-condition", "MN204", _net(_TWO, "    if x.ndim > 2:", f"        {_MAKES}")),
    Refusal("a-loop-with-an-else", "MN204", _net(_TWO, f"    {_MAKES}", "else:", "    x = x + 1")),
    Refusal("a-function-of-each-round", "MN204", _net(_TWO, f"    {_MAKES}", "    f = lambda: n")),
    Refusal("many", "MN204", _net('for n in ("a", "b", "c"):', *(f"    {_MAKES}", "    x = x + 1", "    x = x * 2"))),
    Refusal("one-name-for-two", "MN208", _net('for n in ("a", "a"):', f"    {_MAKES}")),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(with_header(case.before), case.code)
