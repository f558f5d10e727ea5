"""Local lists of modules that a compact method fills, and a comprehension goes through."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Case,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    load,
    migrate,
    name_of,
    run_in_tree_mode,
)

_X = f32(2, 6, 6, 4)
_CLASS = """\
class Net(nn.Module):
    sizes: tuple[int, ...] = (1, 3)

    @nn.compact
    def __call__(self, x):
"""
_AFTER = """\
class Net(nnx.Module):
    def __init__(
        self,
        in_features: int,
        sizes: tuple[int, ...] = (1, 3),
        *,
        rngs: nnx.Rngs,
    ):
"""
_LIST = "        convs = [nn.Conv(8, (k, k)) for k in self.sizes]\n"
_LOOP = """\
        convs = []
        for k in self.sizes:
            convs.append(nn.Conv(8, (k, k)))
"""
_MADE = "        self.conv = nnx.List(nnx.Conv(in_features, 8, (k, k), rngs=rngs) for k in sizes)\n\n"
_CALL = "    def __call__(self, x):\n"
_SUM = "        return sum([conv(x) for conv in convs])\n"
_SUM_AFTER = "        return sum([conv(x) for conv in self.conv])\n"
_CALLS = (
    Call("Net", (4,), {}, (_X,)),
    Call("Net", (4,), {"sizes": (3,)}, (_X,)),
)
_TWO = _AFTER + """\
        self.conv_0 = nnx.Conv(in_features, 8, (1, 1), rngs=rngs)
        self.conv_1 = nnx.Conv(in_features, 8, (3, 3), rngs=rngs)

"""  # fmt: skip
HEADS = """\
class Heads(nn.Module):
    window: int

    @nn.compact
    def __call__(self, q):
        batch, heads, n, width = q.shape
        windows = {self.window: heads}
        convs = []
        splits = []

        for window, head in windows.items():
            convs.append(nn.Conv(5, (window,)))
            splits.append(head)
        channels = [each * width for each in splits]
        q = jnp.transpose(q, (0, 2, 1, 3)).reshape(batch, n, heads * width)
        parts = jnp.array_split(q, channels, axis=2)
        return [
            conv(jnp.tanh(part))
            for conv, part in zip(convs, parts)
        ]
"""
HEADS_AFTER = """\
class Heads(nnx.Module):
    def __init__(self, heads: int, width: int, window: int, *, rngs: nnx.Rngs):
        self.conv_0 = nnx.Conv(heads * width, 5, (window,), rngs=rngs)

    def __call__(self, q):
        batch, heads, n, width = q.shape

        splits = [heads]
        channels = [each * width for each in splits]
        q = jnp.transpose(q, (0, 2, 1, 3)).reshape(batch, n, heads * width)
        parts = jnp.array_split(q, channels, axis=2)
        return [
            self.conv_0(jnp.tanh(parts[0])),
        ]
"""
CASES = (
    Case("a-comprehension", _CLASS + _LIST + _SUM, _AFTER + _MADE + _CALL + _SUM_AFTER, _CALLS),
    Case("a-loop", _CLASS + _LOOP + _SUM, _AFTER + _MADE + _CALL + _SUM_AFTER, _CALLS),
    Case("names-that-count", _CLASS + """\
        convs = [
            nn.Conv(8, (k, k), name=f"conv_{i}") for i, k in enumerate(self.sizes)
        ]
""" + _SUM, _AFTER + _MADE + _CALL + _SUM_AFTER, _CALLS),
    Case("statements-between", _CLASS + _LIST + "        x = jnp.tanh(x)\n" + _SUM,
         _AFTER + _MADE + _CALL + "        x = jnp.tanh(x)\n" + _SUM_AFTER, _CALLS),
    Case("appended-again", _CLASS + _LOOP + """\
        ys = []
        for conv in convs:
            ys.append(nn.relu(conv(x)))
        return jnp.stack(ys)
""", _AFTER + _MADE + _CALL + """\
        ys = []
        for conv in self.conv:
            ys.append(nnx.relu(conv(x)))
        return jnp.stack(ys)
""", _CALLS),
    Case("listed", _CLASS.replace("    sizes: tuple[int, ...] = (1, 3)\n\n", "") + """\
        convs = [nn.Conv(8, (1, 1))]
        convs.append(nn.Conv(8, (3, 3)))
        return sum([i * conv(x) for i, conv in enumerate(convs)])
""", """\
class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.conv_0 = nnx.Conv(in_features, 8, (1, 1), rngs=rngs)
        self.conv_1 = nnx.Conv(in_features, 8, (3, 3), rngs=rngs)

    def __call__(self, x):
        return sum([0 * self.conv_0(x), 1 * self.conv_1(x)])
""", (Call("Net", (4,), {}, (_X,)),)),
    Case("parts", _CLASS.replace("    sizes: tuple[int, ...] = (1, 3)\n\n", "") + """\
        parts = jnp.split(x, [1], axis=-1)
        convs = [nn.Conv(8, (1, 1)), nn.Conv(8, (3, 3))]
        return [conv(part) for part, conv in zip(parts, convs)]
""", """\
class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.conv_0 = nnx.Conv(1, 8, (1, 1), rngs=rngs)
        self.conv_1 = nnx.Conv(in_features - 1, 8, (3, 3), rngs=rngs)

    def __call__(self, x):
        parts = jnp.split(x, [1], axis=-1)
        return [self.conv_0(parts[0]), self.conv_1(parts[1])]
""", (Call("Net", (4,), {}, (_X,)),)),
    Case("one-round", HEADS, HEADS_AFTER, (Call("Heads", (3, 4), {"window": 3}, (f32(2, 3, 6, 4),)),)),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_is_migrated(case: Case) -> None:
    check_transformed(HEADER + case.before, NNX_HEADER + case.after)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_computes_the_same(case: Case) -> None:
    check_equivalent(HEADER + case.before, *case.calls)
    text, *_ = migrate(HEADER + case.before)
    for call in case.calls:
        run_in_tree_mode(load(text), call)


def _net(*rows: str) -> str:
    return _CLASS + "".join(rows)


_LISTED = "        convs = [nn.Conv(8, (1, 1)), nn.Conv(8, (3, 3))]\n"
REFUSED = (
    Refusal("a-module-between", "MN101", _net(_LIST, "        x = nn.Conv(4, (1, 1))(x)\n", _SUM)),
    Refusal("a-module-beside", "MN101", _net(_LIST, _SUM.replace("sum(", "nn.Conv(8, (1, 1))(x) + sum("))),
    Refusal("a-function-between", "MN101", _net(_LIST, "        x = helper(x)\n", _SUM)
            + "\n\ndef helper(x):\n    return nn.Conv(4, (1, 1))(x)\n"),
    Refusal("a-method-between", "MN101", _net(_LIST, "        x = self.ahead(x)\n", _SUM)
            + "\n    def ahead(self, x):\n        return nn.Conv(4, (1, 1))(x)\n"),
    Refusal("given-the-module", "MN101", _net(_LIST, "        x = jnp.add(x, first(self))\n", _SUM)
            + "\n\ndef first(net):\n    return net.sizes[0]\n"),
    Refusal("a-size-changes", "MN101", _net("        n = 8\n", _LIST.replace("(8", "(n"), "        n = 4\n", _SUM)),
    Refusal("a-list-changes", "MN101", _net("        ks = [1, 3]\n", _LIST.replace("self.sizes", "ks"),
            "        ks.append(5)\n", _SUM)),
    Refusal("read-again", "MN101", _net(_LIST, "        y = sum([conv(x) for conv in convs])\n",
            _SUM.replace("sum(", "y + sum("))),
    Refusal("changed", "MN101", _net(_LIST, "        convs.pop()\n", _SUM)),
    Refusal("in-a-loop", "MN101", _net(_LIST, "        for _ in range(2):\n", "            y = ",
            _SUM.removeprefix("        return "), "        return y\n")),
    Refusal("on-a-condition", "MN101", _net(_LIST, "        if self.sizes:\n", "    ", _SUM, "        return x\n")),
    Refusal("some-of-them", "MN101", _net(_LIST, _SUM.replace("convs]", "convs if x.ndim > 3]"))),
    Refusal("called-twice", "MN101", _net(_LIST, _SUM.replace("conv(x)", "conv(x) + conv(x * 2)"))),
    Refusal("a-generator", "MN101", _net(_LIST, _SUM.replace("[", "").replace("]", ""))),
    Refusal("at-another-time", "MN101", _net(_LIST, "        ys = (conv(x) for conv in convs)\n",
            "        return sum(ys)\n")),
    Refusal("a-name-of-both", "MN101", _net("        k = 2.0\n", _LIST, _SUM.replace("conv(x)", "k * conv(x)"))),
    Refusal("the-name-of-a-part", "MN101", _net(_LIST.replace("(8", "(8 + x.shape[-1]"),
            "        return [conv(x) for conv, x in zip(convs, jnp.split(x, 2))]\n")),
    Refusal("parts-unknown", "MN101", _net(_LISTED, "        return [conv(p) for conv, p in zip(convs, tuple(x))]\n")),
    Refusal("too-few-parts", "MN101", _net(_LISTED, "        ps = jnp.split(x, [])\n",
            "        return [conv(p) for conv, p in zip(convs, ps)]\n")),
    Refusal("parts-handed-on", "MN101", _net(_LISTED, "        ps = jnp.split(x, 2)\n", "        x = drop(ps)\n",
            "        return [conv(p) for conv, p in zip(convs, ps)]\n") + "\n\ndef drop(ps):\n    return ps.pop()\n"),
    Refusal("parts-taken", "MN101", _net(_LISTED, "        ps = jnp.split(x, 2)\n", "        ps.pop()\n",
            "        return [conv(p) for conv, p in zip(convs, ps)]\n")),
    Refusal("several-rounds", "MN101", HEADS.replace("heads}", "heads, 5: heads}")),
    Refusal("a-window-changes", "MN101", HEADS.replace("        convs =", "        heads = 2\n        convs =")),
    Refusal("a-window-added", "MN101", HEADS.replace("        convs =", "        windows[1] = 2\n        convs =")),
    Refusal("a-round-read-later", "MN101", HEADS.replace("return [", "head += 1\n        return [")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    check_refused(HEADER + refusal.before, refusal.code)
