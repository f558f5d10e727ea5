# ruff: noqa: E501
"""`Block(train=train)(x)` of a class that takes the mode from its call as well."""

import pytest

from .check import HEADER, Call, Refusal, check_equivalent, f32, migrate, name_of, refusals
from .merged_modes_transformed import BLOCK

_HEAD = "    @nn.compact\n    def __call__(self, x, train=True):\n"
_READS_IT = BLOCK.replace("nn.Dense(self.features)", "nn.Dense(self.features, use_bias=self.train is None)")
_NAMES_IT = BLOCK.replace("__call__(self, x, train", "__call__(self, x, kind='train', train")
_MORE = BLOCK.replace("None = None\n\n", "None = None\n    scale: float = 1.0\n\n").replace(
    "return ", "return self.scale * "
)
_REMAT = BLOCK.replace("    @nn.compact\n", "    @nn.remat\n    @nn.compact\n")


def _net(*lines: str, block: str = BLOCK, head: str = _HEAD) -> str:
    return HEADER + block + "class Net(nn.Module):\n" + head + "".join(f"        {line}\n" for line in lines)


MOVED = {
    "argument-first": _net("return Block(train=train)(x)", block=BLOCK.replace("self.train, train)", "train, self.train)")),
    "rebound-behind-the-call": _net("x = Block(train=train)(x)", "train = False", "return Block(train=train)(x)"),
    "on-a-condition": _net(
        "if self.wide:", "    x = Block(8, train=train)(x)", "else:", "    x = Block(train=train)(x)", "return x",
        head="    wide: bool = True\n\n" + _HEAD,
    ),
    "by-place": _net("return Block(4, train)(x)"),
    "by-place-in-front-of-a-name": _net("return Block(4, train, scale=0.5)(x)", block=_MORE),
    "of-the-input": _net("return Block(train=x.shape[0] > 1 and train)(x)"),
    "merged-again": _net(
        "train = nn.merge_param('train', self.train, train)", "return Block(train=train)(x)",
        head="    train: bool | None = None\n\n    @nn.compact\n    def __call__(self, x, train=None):\n",
    ),
}  # fmt: skip
REFUSED = (
    Refusal("rebound", "MN101", _net("block = Block(train=train)", "train = False", "return block(x)")),
    Refusal("given-twice", "MN101", _net("return Block(train=train)(x, train=True)")),
    Refusal("by-place-with-more-behind", "MN202", _net("return Block(4, train, 0.5)(x)", block=_MORE)),
    Refusal("by-place-from-a-list", "MN101", _net("return Block(*[4], train)(x)")),
    Refusal("decides-more", "MN202", _net("return Block(train=train)(x)", block=_READS_IT)),
    Refusal("named-elsewhere", "MN202", _net("return Block(train=train)(x)", block=_NAMES_IT)),
    Refusal("traced-by-remat", "MN202", _net("return Block(train=train)(x)", block=_REMAT)),
    Refusal("not-none-by-default", "MN202", _net("return Block(train=train)(x)", block=BLOCK.replace("None = None\n\n", "None = False\n\n"))),
    Refusal("inherited", "MN202", _net("return Sub(train=train)(x)", block=BLOCK + "class Sub(Block):\n    pass\n\n\n")),
    Refusal("looked-into", "MN101", _net("block = Block(train=train)", "x = block(x)", "return 2 * x if block.train else x")),
    Refusal("in-a-sequence", "MN202", _net("return nn.Sequential([Block(train=train), nn.Dense(3)])(x)")),
    Refusal("through-a-function", "MN101", _net("run = lambda v: Block(train=train)(v)", "return run(x)")),
)  # fmt: skip


@pytest.mark.parametrize("source", MOVED.values(), ids=MOVED.keys())
def test_the_call_says_it(source: str) -> None:
    text, _, _ = migrate(source)
    assert "Block(in_features, train" not in text
    calls = [Call("Net", (3,), {}, (f32(4, 3),), {"train": train}) for train in (True, False)]
    check_equivalent(source, *calls)


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    _, file, _ = migrate(case.before)
    assert [d.code for d in refusals(file) if "Net stays" in d.message] == [case.code], file.diagnostics
