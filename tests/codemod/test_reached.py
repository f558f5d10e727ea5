# ruff: noqa: E501
"""Calls of what a submodule holds: `self.block.attention(x)`, `for block in self.blocks: block.attention(x)`."""

import pytest

from .check import Call, Refusal, check_equivalent, f32, migrate, name_of, refusals, with_header

_BLOCKS = """\
class Attention(nn.Module):
    width: int

    def setup(self):
        self.values = nn.Dense(self.width)

    def __call__(self, x):
        weights = nn.softmax(x @ x.swapaxes(-2, -1))
        return self.values(weights @ x), weights


class Block(nn.Module):
    width: int

    def setup(self):
        self.attention = Attention(self.width)
        self.norm = nn.LayerNorm()

    def __call__(self, x):
        y, _ = self.attention(x)
        return self.norm(x + y)


class Encoder(nn.Module):
    depth: int
    width: int

    def setup(self):
        self.blocks = [Block(self.width) for _ in range(self.depth)]
        self.last = Block(self.width)

    def __call__(self, x):
        for block in self.blocks:
            x = block(x)
        return self.last(x)

    def maps(self, x):
        maps = []
        for block in self.blocks:
            _, weights = block.attention(x)
            maps.append(weights)
            x = block(x)
        y, weights = self.last.attention(x)
        return self.last.norm(x + y), [*maps, weights]
"""


def test_the_calls_stay() -> None:
    text, file, _ = migrate(with_header(_BLOCKS))
    assert not refusals(file), file.diagnostics
    assert text.endswith(_BLOCKS[_BLOCKS.index("    def maps") :])
    assert "self.attention = Attention(in_features, width, rngs=rngs)" in text


@pytest.mark.parametrize("method", ["__call__", "maps"])
def test_computes_the_same(method: str) -> None:
    check_equivalent(
        with_header(_BLOCKS), Call("Encoder", (4,), {"depth": 2, "width": 4}, (f32(3, 4),), method=method)
    )


def _with(old: str, new: str) -> str:
    assert old in _BLOCKS
    return with_header(_BLOCKS.replace(old, new))


_NORM = "        self.norm = nn.LayerNorm()\n"
REFUSED = (
    Refusal("nothing-calls-the-block", "MN101", _with("return self.last(x)", "return self.last.attention(x)[0]")),
    Refusal("a-layer-with-a-mode", "MN101", _with(_NORM, _NORM.replace("LayerNorm()", "BatchNorm(use_running_average=True)"))),
    Refusal("not-always-there", "MN101", _with(_NORM, "        self.norm = nn.LayerNorm() if self.width else nn.RMSNorm()\n")),
    Refusal("a-list", "MN101", _with("self.last.norm(x + y)", "self.last.norms[0](x + y)").replace(_NORM, _NORM + "        self.norms = [nn.LayerNorm()]\n")),
    Refusal("nothing-of-that-name", "MN101", _with("self.last.norm(x + y)", "self.last.other(x + y)")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert "class Encoder(nn.Module)" in text
    assert refusal.code in {d.code for d in refusals(file)}, file.diagnostics
