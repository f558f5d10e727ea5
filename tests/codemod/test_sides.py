# ruff: noqa: E501
"""Lists of setup to which every round adds one of several modules, and loops that ask which one it is."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    changed,
    check_equivalent,
    check_transformed,
    f32,
    load,
    migrate,
    name_of,
    refusals,
    run_in_tree_mode,
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


_NAMED = """\
class Mixing(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.width)(nn.tanh(nn.Dense(5)(nn.LayerNorm(name="norm")(x))))


class Plain(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.width)(nn.LayerNorm(name="norm")(x))


class Net(nn.Module):
    kinds: tuple[str, ...] = ("mixing", "plain")

    def setup(self):
        blocks = []
        for i, kind in enumerate(self.kinds):
            if kind == "mixing":
                blocks.append(Mixing(4, name=f"mixing_{i}"))
            else:
                blocks.append(Plain(4, name=f"plain_{i}"))
        self.blocks = blocks

    def __call__(self, x):
        for block in self.blocks:
            x = block(x)
        return x
"""
_NNX_NAMED = """\
        self.blocks = nnx.List()
        for kind in kinds:
            if kind == "mixing":
                self.blocks.append(Mixing(in_features, 4, rngs=rngs))
            else:
                self.blocks.append(Plain(in_features, 4, rngs=rngs))
            in_features = 4
"""
_AROUND = """\


class Around(nn.Module):
    flags: tuple[bool, ...] = (True, False)
    kinds: tuple[str, ...] = ("mixing", "plain")

    @nn.compact
    def __call__(self, x):
        for flag in self.flags:
            if flag:
                x = nn.Dense(5)(x)
        return Net(self.kinds)(nn.Dense(5)(x))
"""


def _named(*changes: tuple[str, str]) -> str:
    return changed(HEADER + _NAMED, *changes)


def test_names_of_their_own() -> None:
    """The number in a name is that of the round, which is the place in the list."""
    text, file, mapping = migrate(_named())
    assert not refusals(file), file.diagnostics
    assert _NNX_NAMED in text, text
    found = mapping.find("Net")
    assert found is not None
    assert {r.linen[0] for r in found.variables} == {"mixing_{}", "plain_{}"}
    assert {r.nnx[:2] for r in found.variables} == {("blocks", "{}")}


@pytest.mark.parametrize("kinds", [kinds for kinds in _WAYS if kinds])
def test_computes_the_same_by_name(kinds: tuple[str, ...]) -> None:
    call = Call("Net", (6,), {"kinds": kinds}, (f32(2, 6),))
    check_equivalent(_named(), call)
    run_in_tree_mode(load(migrate(_named())[0]), call)


def test_computes_the_same_where_others_are_counted() -> None:
    """Each has two paths in the mapping: a checkpoint has the one or the other."""
    told = (
        "nn.Dense(self.width)(nn.tanh(nn.Dense(5)(",
        'nn.Dense(self.width, name="b")(nn.tanh(nn.Dense(5, name="a")(',
    )
    source = _named(told) + _AROUND
    calls = [
        Call("Around", (6,), {"flags": flags, "kinds": kinds}, (f32(2, 6),))
        for flags in ((True, False), (False,))
        for kinds in _WAYS
        if kinds
    ]
    check_equivalent(source, *calls)


@pytest.mark.parametrize(
    ("subject", "source"),
    [
        ("Net", _named(('f"plain_{i}"', 'f"mixing_{i}"'))),
        ("Net", _named(('f"plain_{i}"', 'f"mixing_1{i}"'))),
        ("Net", _named(('f"plain_{i}"', 'f"plain_{kind}"'))),
        ("Net", _named(('f"plain_{i}"', 'f"plain_{len(blocks)}"'))),
        ("Around", _named() + _AROUND),
    ],
    ids=["one-name", "a-number-before-the-number", "no-number", "another-number", "counted-by-configuration"],
)
def test_names_that_do_not_tell(subject: str, source: str) -> None:
    _, file, _ = migrate(source)
    found = {d.code for d in refusals(file) if d.subject == subject}
    assert found & {"MN204", "MN101"}, file.diagnostics
