# ruff: noqa: E501
"""Lists of setup to which every round adds one of several modules, and loops that ask which one it is."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_transformed,
    f32,
    migrate,
    name_of,
    refusals,
)

KINDS = """\
class Mixing(nn.Module):
    width: int

    def setup(self):
        self.own = nn.Dense(self.width)
        self.other = nn.Dense(self.width, use_bias=False)

    def __call__(self, x, context):
        return self.own(x) + self.other(context)


class Plain(nn.Module):
    width: int

    def setup(self):
        self.own = nn.Dense(self.width)

    def __call__(self, x):
        return nn.tanh(self.own(x))


"""
NET = """\
class Net(nn.Module):
    kinds: tuple[str, ...] = ("mixing", "plain")
    widths: tuple[int, ...] = (4, 3)

    def setup(self):
        blocks = []
        for i, kind in enumerate(self.kinds):
            if kind == "mixing":
                block = Mixing(self.widths[i])
            else:
                block = Plain(self.widths[i])
            blocks.append(block)
        self.blocks = blocks
        self.last = nn.Dense(2)

    def __call__(self, x, context):
        for block in self.blocks:
            if isinstance(block, Mixing):
                x = block(x, context)
            else:
                x = block(x)
        return self.last(x)
"""
NNX_KINDS = """\
class Mixing(nnx.Module):
    def __init__(
        self,
        x_features: int,
        context_features: int,
        width: int,
        *,
        rngs: nnx.Rngs,
    ):
        self.own = nnx.Linear(x_features, width, rngs=rngs)
        self.other = nnx.Linear(context_features, width, use_bias=False, rngs=rngs)

    def __call__(self, x, context):
        return self.own(x) + self.other(context)


class Plain(nnx.Module):
    def __init__(self, in_features: int, width: int, *, rngs: nnx.Rngs):
        self.own = nnx.Linear(in_features, width, rngs=rngs)

    def __call__(self, x):
        return nnx.tanh(self.own(x))


"""
NNX_NET = """\
class Net(nnx.Module):
    def __init__(
        self,
        context_features: int,
        x_features: int,
        kinds: tuple[str, ...] = ("mixing", "plain"),
        widths: tuple[int, ...] = (4, 3),
        *,
        rngs: nnx.Rngs,
    ):
        self.blocks = nnx.List()
        for i, kind in enumerate(kinds):
            if kind == "mixing":
                self.blocks.append(
                    Mixing(x_features, context_features, widths[i], rngs=rngs)
                )
            else:
                self.blocks.append(Plain(x_features, widths[i], rngs=rngs))
            x_features = widths[i]
        self.last = nnx.Linear(x_features, 2, rngs=rngs)

    def __call__(self, x, context):
        for block in self.blocks:
            if isinstance(block, Mixing):
                x = block(x, context)
            else:
                x = block(x)
        return self.last(x)
"""
_CHOICE = NET[NET.index("            if kind") : NET.index("        self.blocks")]
_EACH = """\
            if kind == "mixing":
                blocks.append(Mixing(self.widths[i]))
            elif kind == "plain":
                blocks.append(Plain(self.widths[i]))
            else:
                raise ValueError(kind)
"""
_LOOP = NET[NET.index("            if isinstance") : NET.index("        return self.last")]
_DENIED = """\
            x = block(x) if not isinstance(block, Mixing) else block(x, context)
            if isinstance(block, Plain):
                x = 2 * x
"""
_WAYS = [("mixing", "plain", "plain"), ("plain", "mixing", "mixing"), ("mixing",), ("plain", "plain"), ()]


def _net(old: str = "", new: str = "") -> str:
    assert old in NET
    return HEADER + KINDS + NET.replace(old, new)


def test_transformed() -> None:
    check_transformed(HEADER + KINDS + NET, NNX_HEADER + NNX_KINDS + NNX_NET)


@pytest.mark.parametrize(
    "source", [_net(), _net(_CHOICE, _EACH), _net(_LOOP, _DENIED)], ids=["bound", "each", "denied"]
)
def test_computes_the_same(source: str) -> None:
    inputs = (f32(2, 5), f32(2, 6))
    calls = [
        Call("Net", (6, 5), {"kinds": kinds, "widths": (4, 3, 7)[: len(kinds)]}, inputs) for kinds in _WAYS
    ]
    check_equivalent(source, *calls)


_BOUND = "                block = Plain(self.widths[i])\n"
_APPEND = "            blocks.append(block)\n"
_ELSE = "            else:\n" + _BOUND
_TEST = "isinstance(block, Mixing)"
REFUSED = (
    Refusal("not-in-every-round", "MN101", _net(_CHOICE, _EACH[: _EACH.index("            else")])),
    Refusal("bound-before-the-loop", "MN101", _net("        for i, kind", "        block = Plain(3)\n        for i, kind").replace(_ELSE, "")),
    Refusal("read-again", "MN101", _net(_APPEND, _APPEND + "            self.kept = block\n")),
    Refusal("appended-twice", "MN101", _net(_APPEND, _APPEND * 2)),
    Refusal("bound-twice", "MN101", _net(_BOUND, _BOUND * 2)),
    Refusal("a-round-that-ends-early", "MN101", _net(_APPEND, "            if i:\n                break\n" + _APPEND)),
    Refusal("of-another-width", "MN108", _net(_BOUND, _BOUND.replace("[i]", "[i] + 1"))),
    Refusal("of-a-class-that-is-not-there", "MN101", _net(_TEST, "isinstance(block, Other)").replace("class Net", "class Other(Mixing):\n    pass\n\n\nclass Net")),
    Refusal("of-one-that-inherits", "MN101", _net().replace("class Plain(nn.Module):\n    width: int\n", "class Plain(Mixing):\n")),
    Refusal("of-several-at-once", "MN101", _net(_TEST, "isinstance(block, (Mixing, Plain))")),
    Refusal("as-part-of-a-test", "MN108", _net(_TEST, "isinstance(block, Mixing) and x.ndim > 1")),
    Refusal("handed-on", "MN101", _net(_TEST, "isinstance(block, Mixing) or len([Mixing])")),
    Refusal("under-a-transform", "MN101", _net("= Plain(", "= nn.remat(Plain)(")),
    Refusal("a-class-that-stays", "MN110", _net().replace("nn.tanh(self.own(x))", "nn.tanh(self.own(x)) * self.scope.name")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file) if d.subject == "Net"}, file.diagnostics
    assert text == refusal.before
