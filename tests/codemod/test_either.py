"""Arrays that are one argument where it is there, and another where it is not: their ranks hold for both."""

import pytest

from .check import HEADER, Call, check_equivalent, f32, migrate

ATTENTION = """\
class Attention(nn.Module):
    heads: int = 2
    width: int = 8

    def setup(self):
        self.query = nn.Dense(self.width)
        self.key = nn.Dense(self.width)
        self.value = nn.Dense(self.width)

    def split(self, states):
        return states.reshape(states.shape[:2] + (self.heads, self.width // self.heads))

    def __call__(self, states, memory=None, weights: bool = False):
        crossed = memory is not None
        query = self.query(states)
        if crossed:
            key = self.key(memory)
            value = self.value(memory)
        else:
            key = self.key(states)
            value = self.value(states)
        scores = jnp.einsum("...qhd,...khd->...hqk", self.split(query), self.split(key))
        scores = nn.softmax(scores)
        outputs = jnp.einsum("...hqk,...khd->...qhd", scores, self.split(value))
        outputs = outputs.reshape(outputs.shape[:2] + (-1,))
        return (outputs, scores) if weights else (outputs,)


class Output(nn.Module):
    width: int = 8

    @nn.compact
    def __call__(self, states, before):
        return nn.LayerNorm()(nn.Dense(self.width)(states) + before)
"""
BLOCK = """\
class Block(nn.Module):
    width: int = 8

    def setup(self):
        self.attention = Attention(width=self.width)
        self.output = Output(self.width)

    def __call__(self, states, memory=None):
        found = self.attention(states, memory=memory)
        return self.output(found[0], states)
"""
DECODER = """\
class Decoder(nn.Module):
    @nn.compact
    def __call__(self, states, memory):
        states = Block()(states)
        states = Block()(states, None)
        return Block()(states, memory)
"""
_X, _MEMORY = f32(2, 3, 8), f32(2, 5, 8)


def test_computes_the_same() -> None:
    source = HEADER + "\n\n".join((ATTENTION, BLOCK, DECODER))
    check_equivalent(
        source,
        Call("Attention", (8,), {}, (_X,)),
        Call("Attention", (8,), {}, (_X, _MEMORY)),
        Call("Block", (8,), {}, (_X,)),
        Call("Block", (8,), {}, (_X, _MEMORY)),
        Call("Decoder", (8,), {}, (_X, _MEMORY)),
    )


_PARENT = """\
class Parent(nn.Module):
    @nn.compact
    def __call__(self, x, y):
        found = CALL
        return nn.Dense(3)(found[0])
"""


@pytest.mark.parametrize(
    "call",
    [
        "Attention()(x, foreign(y))",
        "Attention()(foreign(x), y)",
        "Attention()(x, y.sum())",
        "Attention()(x.sum(), y)",
        "Attention()(x, **y)",
        "Attention()(x, *y)",
        "Attention()(x, y if self.is_mutable_collection('params') else x[0, 0])",
    ],
)
def test_a_parent_stays_where_what_it_gives_may_have_too_few_axes(call: str) -> None:
    _, file, mapping = migrate(HEADER + ATTENTION + "\n\n" + _PARENT.replace("CALL", call))
    assert ("MN108", "Parent") in {(d.code, d.subject) for d in file.diagnostics}, file.diagnostics
    assert not {"layer.Attention", "layer.Parent"} & {c.name for c in mapping.classes}


@pytest.mark.parametrize(
    "other", ["scores.shape[:2]", "outputs.shape[1:2] + outputs.shape[:1]", "states.shape[:2]"]
)
def test_axes_in_front_that_are_those_of_another_array_tell_no_rest(other: str) -> None:
    source = ATTENTION.replace("outputs.reshape(outputs.shape[:2]", f"outputs.reshape({other}")
    _, file, mapping = migrate(HEADER + source + "\n\n" + BLOCK)
    assert ("MN108", "Block") in {(d.code, d.subject) for d in file.diagnostics}, file.diagnostics
    assert "layer.Block" not in {c.name for c in mapping.classes}
