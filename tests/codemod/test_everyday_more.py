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
