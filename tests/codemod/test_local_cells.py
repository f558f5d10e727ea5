"""Cells and RNNs that a local holds until the layer around them is made, as Flax's documentation writes them."""

import pytest

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_refused, check_transformed, f32

BOTH_WAYS = """\
class Tagger(nn.Module):
    hidden: int = 4

    @nn.compact
    def __call__(self, x, lengths):
        x = nn.Dense(3)(x)
        forward = nn.RNN(nn.LSTMCell(self.hidden))
        backward = nn.RNN(nn.LSTMCell(self.hidden))
        h = nn.Bidirectional(forward, backward)(x, seq_lengths=lengths)
        return nn.Dense(2)(h)
"""
NNX_BOTH_WAYS = """\
class Tagger(nnx.Module):
    def __init__(self, in_features: int, hidden: int = 4, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, 3, rngs=rngs)
        self.bidirectional_0 = nnx.Bidirectional(
            nnx.RNN(nnx.LSTMCell(3, hidden, rngs=rngs), rngs=rngs),
            nnx.RNN(nnx.LSTMCell(3, hidden, rngs=rngs), rngs=rngs),
            rngs=rngs,
        )
        self.dense_1 = nnx.Linear(2 * hidden, 2, rngs=rngs)

    def __call__(self, x, lengths):
        x = self.dense_0(x)
        h = self.bidirectional_0(x, seq_lengths=lengths)
        return self.dense_1(h)
"""
HELD = """\
class Held(nn.Module):
    hidden: int = 4

    def setup(self):
        cell = nn.LSTMCell(
            self.hidden,
        )

        self.rnn = nn.RNN(cell=cell, return_carry=True)

    def __call__(self, x):
        carry, y = self.rnn(x)
        return y + carry[0][:, None]


class Rounds(nn.Module):
    widths: tuple = (3, 5)

    @nn.compact
    def __call__(self, x):
        for w in self.widths:
            cell = nn.LSTMCell(w)
            rnn = nn.RNN(cell, reverse=True)
            x = rnn(x)
        return x
"""


def test_transformed() -> None:
    check_transformed(HEADER + BOTH_WAYS, NNX_HEADER + NNX_BOTH_WAYS)


def test_computes_the_same() -> None:
    check_equivalent(
        f"{HEADER}{BOTH_WAYS.replace(', lengths', '').replace(', seq_lengths=lengths', '')}\n\n{HELD}",
        Call("Tagger", (5,), {}, (f32(2, 3, 5),)),
        Call("Held", (5,), {}, (f32(2, 3, 5),)),
        Call("Rounds", (5,), {}, (f32(2, 3, 5),)),
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(forward, backward)", "(backward, forward)"),
        ("(forward, backward)", "(nn.RNN(nn.LSTMCell(4)), backward)"),
        ("        h = nn", "        x = nn.RNN(nn.LSTMCell(3))(x)\n        h = nn"),
        ("return nn.Dense(2)(h)", "return nn.Dense(2)(h) + forward(x)"),
        ("        forward = ", "        forward = None\n        forward = "),
        ("        h = nn", "        # one of each\n        h = nn"),
        (
            "h = nn.Bidirectional(forward, backward)",
            "h = nn.Dense(3)(x) + nn.Bidirectional(forward, backward)",
        ),
        ("        h = nn", "        if True:\n            h = nn"),
    ],
)
def test_what_would_be_made_in_another_order_stays(old: str, new: str) -> None:
    assert old in BOTH_WAYS
    check_refused(HEADER + BOTH_WAYS.replace(old, new), "MN101")
