"""More models as everybody writes them: texts behind a recurrent net, stages of which a loop counts and joins lists."""

import pytest
from migrate_norm.equivalence import InputSpec

from .check import HEADER, Call, check_equivalent, f32, listed, migrate, refusals

_IDS = InputSpec("int32", (2, 5))
_TEXTS = """\
class Texts(nn.Module):
    dim: int = 8

    def setup(self):
        self.embed = nn.Embed(30, self.dim)
        self.rnn = {rnn}
        self.head = nn.Sequential([nn.Dense(4), nn.relu, nn.Dense(2)])

    def __call__(self, ids):
        h = self.rnn(self.embed(ids))
        return self.head({last})
"""
_ONE, _BOTH = (
    "nn.RNN(nn.GRUCell(self.dim))",
    "nn.Bidirectional(nn.RNN(nn.LSTMCell(3)), nn.RNN(nn.LSTMCell(4)))",
)
_STAGES = """\
class Stages(nn.Module):
    depth: int
    widen: int = 1

    @nn.compact
    def __call__(self, x, train: bool = False):
        n = (self.depth - 4) // 6
        norm = partial(nn.BatchNorm, use_running_average=not train, momentum=0.9)
        for i, (width, stride) in enumerate(zip((4, 6, 8), (1, 2, 2))):
            for j in range(n):
                x = Block(width * self.widen, stride if j == 0 else 1, norm)(x)
        return nn.Dense(3)(nn.relu(norm()(x)).mean((1, 2)))


class Block(nn.Module):
    width: int
    stride: int
    norm: Any

    @nn.compact
    def __call__(self, x):
        out = nn.relu(self.norm()(x))
        shortcut = x
        if x.shape[-1] != self.width or self.stride != 1:
            shortcut = nn.Conv(self.width, (1, 1), (self.stride, self.stride), use_bias=False)(out)
        out = nn.Conv(self.width, (3, 3), (self.stride, self.stride), use_bias=False)(out)
        return out + shortcut
"""


@pytest.mark.parametrize("rnn", [_ONE, _BOTH], ids=["one", "both"])
@pytest.mark.parametrize("last", ["h[:, -1]", "h.max(axis=1)", "h.mean(1)"])
def test_texts(rnn: str, last: str) -> None:
    """An RNN gives as many axes as it is given, so that what takes its last step leaves the features."""
    text = HEADER + _TEXTS.format(rnn=rnn, last=last)
    file = migrate(text)[1]
    assert not refusals(file), listed(file)
    check_equivalent(text, Call("Texts", (), {}, (_IDS,)))


def test_stages() -> None:
    text = "from functools import partial\nfrom typing import Any\n\n" + HEADER + _STAGES
    calls = (Call("Stages", (3,), {"depth": depth}, (f32(2, 8, 8, 3),)) for depth in (10, 16))
    check_equivalent(text, *calls)


_SCALED = """\
def divisible(v, divisor=8):
    \"\"\"The multiple of the divisor that is nearest.\"\"\"
    new = max(divisor, int(v + divisor / 2) // divisor * divisor)
    if new < 0.9 * v:
        new += divisor
    return new


class Net(nn.Module):
    width: float = 1.0

    @nn.compact
    def __call__(self, x, train: bool = False):
        x = nn.Conv(divisible(12 * self.width), (3, 3))(x)
        x = nn.relu(nn.BatchNorm(use_running_average=not train)(x))
        for c, n in ((10, 1), (20, 2)):
            features = divisible(c * self.width)
            for _ in range(n):
                x = nn.Conv(features, (3, 3))(x)
        return nn.Dense(3)(x.mean((1, 2)))
"""


@pytest.mark.parametrize("width", [1.0, 0.3, 2.1])
def test_sizes_that_a_function_computes(width: float) -> None:
    """EfficientNet and MobileNet scale their features: what follows is spelled with the same call."""
    text = HEADER + _SCALED
    after, file, _ = migrate(text)
    assert not refusals(file), listed(file)
    assert "nnx.BatchNorm(divisible(12 * width), rngs=rngs)" in after
    check_equivalent(text, Call("Net", (3,), {"width": width}, (f32(2, 4, 4, 3),)))


def test_a_function_that_calls_another_one() -> None:
    rounded = "def rounded(f, width):\n    return int(divisible(f * width))\n\n\nclass Net"
    text = HEADER + _SCALED.replace("class Net", rounded).replace(
        "(divisible(12 * self.width)", "(rounded(12, self.width)"
    )
    assert "nnx.BatchNorm(rounded(12, width), rngs=rngs)" in migrate(text)[0]
    check_equivalent(text, Call("Net", (3,), {"width": 1.4}, (f32(2, 4, 4, 3),)))


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("    return new\n", "    return new if new < 9 else divisible(new)\n"),
        ("    return new\n", "    return new + SEEN\n"),
        ("    return new\n", "    SEEN.append(new)\n    return new\n"),
        ("    return new\n", "    return new if jax.device_count() == 1 else new + 1\n"),
        ("def divisible", "@jax.jit\ndef divisible"),
        ("\n\nclass Net", "\n\ndivisible = abs\n\n\nclass Net"),
        ("divisor=8", "divisor=jax.device_count()"),
    ],
    ids=["itself", "a-global", "what-it-changes", "a-call", "decorated", "bound-again", "a-default"],
)
def test_functions_that_may_give_something_else(was: str, now: str) -> None:
    assert was in _SCALED
    text = HEADER + "SEEN = 0\n\n\n" + _SCALED.replace(was, now, 1)
    file = migrate(text)[1]
    assert "MN108" in {d.code for d in refusals(file)}, file.after.decode()
