"""Lists of modules that a method runs through from the end: `for flow in self.flows[::-1]`."""

import pytest

from .check import HEADER, Call, Refusal, check_equivalent, check_refused, f32, migrate, name_of, refusals

_FLOWS = """\
class Shift(nn.Module):
    hidden: int
    flip: bool

    @nn.compact
    def __call__(self, x, inverse=False):
        d = x.shape[-1] // 2
        a, b = x[..., :d], x[..., d:]
        if self.flip:
            a, b = b, a
        t = nn.Dense(d)(nn.tanh(nn.Dense(self.hidden)(a)))
        b = b - t if inverse else b + t
        if self.flip:
            a, b = b, a
        return jnp.concatenate([a, b], -1)


class Flows(nn.Module):
    count: int = 3

    def setup(self):
        self.flows = [Shift(5, i % 2 == 0) for i in range(self.count)]

    def __call__(self, x):
        for flow in self.flows:
            x = flow(x)
        return x

    def sample(self, z):
        for flow in self.flows[::-1]:
            z = flow(z, inverse=True)
        return z
"""


def test_the_text_stays() -> None:
    text, file, _ = migrate(HEADER + _FLOWS)
    assert not refusals(file), file.diagnostics
    assert "        for flow in self.flows[::-1]:\n            z = flow(z, inverse=True)\n" in text
    turned = "for flow in reversed(self.flows):"
    other, *_ = migrate(HEADER + _FLOWS.replace("for flow in self.flows[::-1]:", turned))
    assert other == text.replace("for flow in self.flows[::-1]:", turned)


@pytest.mark.parametrize("method", ["__call__", "sample"])
def test_computes_the_same(method: str) -> None:
    check_equivalent(HEADER + _FLOWS, Call("Flows", (4,), {"count": 3}, (f32(2, 4),), method=method))


def _turned(code: str) -> str:
    assert "self.flows[::-1]" in _FLOWS
    return HEADER + _FLOWS.replace("self.flows[::-1]", code)


REFUSED = (
    Refusal("every-second", "MN101", _turned("self.flows[::-2]")),
    Refusal("from-the-second-last", "MN101", _turned("self.flows[1::-1]")),
    Refusal("a-step-that-is-given", "MN101", _turned("self.flows[::z.ndim]")),
    Refusal("handed-on", "MN101", _turned("list(self.flows[::-1])")),
)


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    check_refused(refusal.before, refusal.code)


def test_the_last_of_sizes_that_are_written_down() -> None:
    before = HEADER + (
        "class Encoder(nn.Module):\n"
        "    @nn.compact\n"
        "    def __call__(self, x):\n"
        "        for features in (4, 6):\n"
        "            x = nn.relu(nn.Dense(features)(x))\n"
        "        return x\n"
        "\n"
        "\n"
        "class Head(nn.Module):\n"
        "    @nn.compact\n"
        "    def __call__(self, x):\n"
        "        return nn.Dense(2)(Encoder()(x))\n"
    )
    text, *_ = migrate(before)
    assert "self.dense_0 = nnx.Linear(6, 2, rngs=rngs)" in text
    check_equivalent(before, Call("Head", (3,), {}, (f32(5, 3),)))
    text, *_ = migrate(before.replace("in (4, 6)", "in ()"))
    assert "self.dense_0 = nnx.Linear(in_features, 2, rngs=rngs)" in text
