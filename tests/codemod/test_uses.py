# ruff: noqa: E501
"""Layers of setup that a call may leave out: never called, asked for by an argument, skipped in training."""

import pytest
from migrate_norm.equivalence import EquivalenceError

from .check import (
    NNX_HEADER,
    Call,
    Case,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    compare,
    f32,
    listed,
    load,
    migrate,
    name_of,
    with_header,
)

_X, _STATES = f32(2, 4, 6), f32(2, 5, 3)
_GIVEN = """\
class Decoder(nn.Module):
    width: int = 6

    def setup(self):
        self.query = nn.Dense(self.width)
        self.cross = nn.Dense(self.width)
        self.norm = nn.LayerNorm()

    def __call__(self, x, states=None):
        x = self.query(x)
        if states is not None:
            x = self.norm(x + self.cross(states).mean(1, keepdims=True))
        return x
"""
TRANSFORMED = (
    Case(
        "dropout-that-nothing-calls",
        """\
class L(nn.Module):
    rate: float = 0.5
    mode: bool = True

    def setup(self):
        self.dense = nn.Dense(4)
        self.dropout = nn.Dropout(rate=self.rate)
        self.fixed = nn.Dropout(0.1, deterministic=self.mode)

    def __call__(self, x):
        return self.dense(x)
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        rate: float = 0.5,
        mode: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        self.dense = nnx.Linear(in_features, 4, rngs=rngs)
        self.dropout = nnx.Dropout(rate=rate, rngs=rngs)
        self.fixed = nnx.Dropout(0.1, deterministic=mode, rngs=rngs)

    def __call__(self, x):
        return self.dense(x)
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "asked-for-by-an-argument",
        _GIVEN,
        """\
class Decoder(nnx.Module):
    def __init__(
        self,
        x_features: int,
        states_features: int,
        width: int = 6,
        *,
        rngs: nnx.Rngs,
    ):
        self.query = nnx.Linear(x_features, width, rngs=rngs)
        self.cross = nnx.Linear(states_features, width, rngs=rngs)
        self.norm = nnx.LayerNorm(width, rngs=rngs)

    def __call__(self, x, states=None):
        x = self.query(x)
        if states is not None:
            x = self.norm(x + self.cross(states).mean(1, keepdims=True))
        return x
""",
        (Call("Decoder", (6, 3), {}, (_X, _STATES)),),
    ),
    Case(
        "asked-for-by-way-of-a-local",
        """\
class Attention(nn.Module):
    width: int = 6
    cross: bool = False

    def setup(self):
        self.key = nn.Dense(self.width)
        if self.cross:
            self.query = nn.Dense(self.width)

    def __call__(self, x, states=None):
        is_cross = states is not None
        if not is_cross:
            return self.key(x)
        else:
            return self.query(x) @ self.key(states).mT
""",
        """\
class Attention(nnx.Module):
    def __init__(
        self,
        in_features: int,
        width: int = 6,
        cross: bool = False,
        *,
        rngs: nnx.Rngs,
    ):
        self.key = nnx.Linear(in_features, width, rngs=rngs)
        if cross:
            self.query = nnx.Linear(in_features, width, rngs=rngs)

    def __call__(self, x, states=None):
        is_cross = states is not None
        if not is_cross:
            return self.key(x)
        else:
            return self.query(x) @ self.key(states).mT
""",
        (
            Call("Attention", (6,), {}, (_X,)),
            Call("Attention", (6,), {"cross": True}, (_X, f32(2, 5, 6))),
        ),
    ),
    Case(
        "asked-for-with-hasattr",
        """\
class L(nn.Module):
    narrow: int
    wide: int = 6

    def setup(self):
        self.embed = nn.Dense(self.narrow)
        if self.narrow != self.wide:
            self.project = nn.Dense(self.wide)
        self.norm = nn.LayerNorm()
        self.head = nn.Dense(3)

    def __call__(self, x):
        x = self.embed(x)
        if hasattr(self, "project"):
            x = self.project(x)
        return self.head(self.norm(x))
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, narrow: int, wide: int = 6, *, rngs: nnx.Rngs):
        self.embed = nnx.Linear(in_features, narrow, rngs=rngs)
        if narrow != wide:
            self.project = nnx.Linear(narrow, wide, rngs=rngs)
        self.norm = nnx.LayerNorm(wide, rngs=rngs)
        self.head = nnx.Linear(wide, 3, rngs=rngs)

    def __call__(self, x):
        x = self.embed(x)
        if hasattr(self, "project"):
            x = self.project(x)
        return self.head(self.norm(x))
""",
        (
            Call("L", (6,), {"narrow": 4}, (_X,)),
            Call("L", (6,), {"narrow": 6}, (_X,)),
        ),
    ),
    Case(
        "asked-for-where-it-is-missing",
        """\
class L(nn.Module):
    narrow: int
    flat: bool = True

    def setup(self):
        self.embed = nn.Dense(self.narrow)
        if self.flat:
            self.scale = 2.0
        else:
            self.project = nn.Dense(5)
        self.head = nn.Dense(3)

    def __call__(self, x):
        x = self.embed(x)
        if not hasattr(self, "project"):
            x = x * self.scale
        else:
            x = self.project(x)
        return self.head(x)
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        narrow: int,
        flat: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        self.embed = nnx.Linear(in_features, narrow, rngs=rngs)
        if flat:
            self.scale = 2.0
        else:
            self.project = nnx.Linear(narrow, 5, rngs=rngs)
        self.head = nnx.Linear(narrow if flat else 5, 3, rngs=rngs)

    def __call__(self, x):
        x = self.embed(x)
        if not hasattr(self, "project"):
            x = x * self.scale
        else:
            x = self.project(x)
        return self.head(x)
""",
        (
            Call("L", (6,), {"narrow": 4}, (_X,)),
            Call("L", (6,), {"narrow": 4, "flat": False}, (_X,)),
        ),
    ),
    Case(
        "called-like-a-class",
        """\
class Dot(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(self.width)(x)
        return (x, x + 1)


class Layer(nn.Module):
    def setup(self):
        self.SelfAttention = Dot(6)

    def __call__(self, x):
        outputs = self.SelfAttention(x)
        return outputs[0] + outputs[1]
""",
        """\
class Dot(nnx.Module):
    def __init__(self, in_features: int, width: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, width, rngs=rngs)

    def __call__(self, x):
        x = self.dense_0(x)
        return (x, x + 1)


class Layer(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.SelfAttention = Dot(in_features, 6, rngs=rngs)

    def __call__(self, x):
        outputs = self.SelfAttention(x)
        return outputs[0] + outputs[1]
""",
        (Call("Layer", (6,), {}, (_X,)),),
    ),
    Case(
        "written-into-an-error",
        """\
class L(nn.Module):
    width: int = 6

    @nn.compact
    def __call__(self, x):
        if x.ndim < 2:
            raise ValueError(f"{self} takes no vectors")
        return nn.Dense(self.width)(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, width: int = 6, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, width, rngs=rngs)

    def __call__(self, x):
        if x.ndim < 2:
            raise ValueError(f"{self} takes no vectors")
        return self.dense_0(x)
""",
        (Call("L", (6,), {}, (_X,)),),
    ),
    Case(
        "layers-that-training-skips",
        """\
class Block(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x, deterministic: bool = True):
        x = nn.Dense(self.width)(x)
        return (nn.Dropout(0.5)(x, deterministic=deterministic), x)


class L(nn.Module):
    width: int = 4
    depth: int = 3
    rate: float = 0.0

    def setup(self):
        self.blocks = [Block(self.width, name=str(i)) for i in range(self.depth)]

    def __call__(self, x, deterministic: bool = True, weights: bool = False):
        for block in self.blocks:
            if not deterministic and 0.5 < self.rate:
                outputs = (None, None)
            else:
                outputs = block(x, deterministic)
            x = outputs[0]
        return x
""",
        """\
class Block(nnx.Module):
    def __init__(self, in_features: int, width: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, width, rngs=rngs)
        self.dropout_0 = nnx.Dropout(0.5, rngs=rngs)

    def __call__(self, x, deterministic: bool = True):
        x = self.dense_0(x)
        return (self.dropout_0(x, deterministic=deterministic), x)


class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        width: int = 4,
        depth: int = 3,
        rate: float = 0.0,
        *,
        rngs: nnx.Rngs,
    ):
        self.rate = rate
        self.blocks = nnx.List()
        for i in range(depth):
            self.blocks.append(Block(in_features, width, rngs=rngs))
            in_features = width

    def __call__(self, x, deterministic: bool = True, weights: bool = False):
        for block in self.blocks:
            if not deterministic and 0.5 < self.rate:
                outputs = (None, None)
            else:
                outputs = block(x, deterministic)
            x = outputs[0]
        return x
""",
        (Call("L", (6,), {}, (_X,)), Call("L", (6,), {"depth": 1}, (_X,))),
    ),
    Case(
        "first-or-last-as-configured",
        """\
class L(nn.Module):
    first: bool = True

    def setup(self):
        self.before = self.first
        self.norm = nn.LayerNorm()
        self.dense = nn.Dense(6)

    def __call__(self, x):
        if self.before:
            x = self.norm(x)
        x = nn.relu(x)
        if not self.before:
            x = self.norm(x)
        return self.dense(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, first: bool = True, *, rngs: nnx.Rngs):
        self.before = first
        self.norm = nnx.LayerNorm(in_features, rngs=rngs)
        self.dense = nnx.Linear(in_features, 6, rngs=rngs)

    def __call__(self, x):
        if self.before:
            x = self.norm(x)
        x = nnx.relu(x)
        if not self.before:
            x = self.norm(x)
        return self.dense(x)
""",
        (Call("L", (6,), {}, (_X,)), Call("L", (6,), {"first": False}, (_X,))),
    ),
)


def _layers(setup: str, call: str, more: str = "") -> str:
    return f"class L(nn.Module):\n    f: int = 4\n    on: bool = True\n\n    def setup(self):\n        self.d = {setup}\n        self.e = nn.Dense(6)\n\n    def __call__(self, x, y=None, train: bool = False, test: bool = True):\n        x = self.e(x)\n{call}        return x\n{more}"


def _if(test: str, other: str = "x = x") -> str:
    return f"        if {test}:\n            x = self.d(x)\n        else:\n            {other}\n"


_BELOW = "\n\nclass M(L):\n    def __call__(self, x):\n        return self.d(self.e(x), True)\n"
_LOOP = """\
class L(nn.Module):
    def setup(self):
        self.d = [nn.Dense(4) for _ in range(3)]

    def __call__(self, x, train: bool = {default}):
        for d in self.d:
            if train:
                x = 2 * x
            else:
                x = d(x)
        return x
"""


def _has(
    asked: str, more: str = "", setup: str = "        if self.on:\n            self.d = nn.Dense(6)\n"
) -> str:
    """A class of which `asked` decides a call."""
    return f"class L(nn.Module):\n    on: bool = True\n    off: bool = True\n\n    def setup(self):\n{setup}{more}        self.e = nn.Dense(5)\n\n    def __call__(self, x):\n        if {asked}:\n            x = self.d(x)\n        return self.e(x)\n"


REFUSED = (
    Refusal("another-attribute-is-there", "MN201", _has("hasattr(self, 'e')")),
    Refusal("another-object-has-it", "MN201", _has("hasattr(x, 'd')")),
    Refusal("there-or-not", "MN201", _has("hasattr(self, 'd') and self.off")),
    Refusal("a-size-on-two-questions", "MN108", _has("hasattr(self, 'd')", "", "        if self.on:\n            if self.off:\n                self.d = nn.Dense(6)\n")),
    Refusal("assigned-in-two-places", "MN101", _has("hasattr(self, 'd')", "        if self.off:\n            self.d = nn.Dense(7)\n")),
    Refusal("assigned-in-a-call-too", "MN107", _has("hasattr(self, 'd')").replace("        return", "        self.d = None\n        return")),
    Refusal("a-layer-with-variables-that-nothing-calls", "MN101", _layers("nn.Dense(3)", "")),
    Refusal("batch-statistics-that-nothing-calls", "MN101", _layers("nn.BatchNorm(use_running_average=True)", "")),
    Refusal("dropout-that-a-subclass-calls", "MN101", _layers("nn.Dropout(0.5)", "", _BELOW)),
    Refusal("dropout-that-is-looked-up", "MN107", _layers("nn.Dropout(0.5)", "        x = getattr(self, 'd')(x, True)\n")),
    Refusal("dropout-that-is-handed-on", "MN101", _layers("nn.Dropout(0.5)", "        x = apply(self.d, x)\n")),
    Refusal("list-of-dropouts-that-nothing-calls", "MN101", _layers("[nn.Dropout(0.5) for _ in range(2)]", "")),
    Refusal("in-training-alone", "MN201", _layers("nn.Dense(6)", _if("train"))),
    Refusal("in-training-alone-told-by-evaluation", "MN201", _layers("nn.Dense(6)", _if("not test"))),
    Refusal("an-argument-or-training", "MN201", _layers("nn.Dense(6)", _if("y is not None or train"))),
    Refusal("where-an-argument-is-missing-or-training", "MN201", _layers("nn.Dense(6)", _if("y is None or train"))),
    Refusal("a-local-that-is-bound-twice", "MN201", _layers("nn.Dense(6)", "        given = y is not None\n        given = given and train\n" + _if("given"))),
    Refusal("a-local-bound-on-a-condition", "MN201", _layers("nn.Dense(6)", "        if test:\n            given = y is not None\n" + _if("given"))),
    Refusal("a-local-of-an-argument-that-is-bound-again", "MN201", _layers("nn.Dense(6)", "        given = y is not None\n        y = None if train else x\n" + _if("given"))),
    Refusal("a-local-that-asks-the-arrays", "MN201", _layers("nn.Dense(6)", "        given = check(x)\n" + _if("given"))),
    Refusal("a-class-that-nobody-has-read", "MN101", "from outside import Layer\n\n\nclass L(nn.Module):\n    def setup(self):\n        self.Block = Layer\n\n    @nn.compact\n    def __call__(self, x):\n        y = self.Block(3)\n        return nn.Dense(3)(y(x))\n"),
    Refusal("written-into-text", "MN107", "class L(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        x = x + len(f'{self}')\n        return nn.Dense(3)(x)\n"),
    Refusal("a-mode-that-is-set-before", "MN201", _layers("nn.Dense(6)", "        train = check(x)\n" + _if("not train"))),
    Refusal("one-configuration-and-another", "MN201", _layers("nn.Dense(6)", _if("self.on") + _if("not self.f"))),
    Refusal("on-what-is-computed", "MN201", _layers("nn.Dense(6)", _if("self.on and check(x)") + _if("not (self.on and check(x))"))),
    Refusal("compact-and-asked-for", "MN201", "class L(nn.Module):\n    @nn.compact\n    def __call__(self, x, y=None):\n        d = nn.Dense(4)\n        if y is not None:\n            x = d(x)\n        return x\n"),
    Refusal("layers-that-evaluation-skips", "MN201", _LOOP.format(default=True)),
)  # fmt: skip


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_transformed(case: Case) -> None:
    check_transformed(with_header(case.before), with_header(case.after, NNX_HEADER))
    check_equivalent(with_header(case.before), *case.calls)


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    check_refused(with_header(refusal.before), refusal.code)


def test_what_a_call_asks_for_is_told() -> None:
    """Where Linen's init made no such call, the leaves are listed, and nothing is guessed."""
    text, file, mapping = migrate(with_header(_GIVEN))
    assert (
        "has `cross` from the start, whose variables Linen makes in the first call with `states`"
        in listed(file)
    )
    assert "has `norm` from the start" in listed(file)
    linen, twin = load(with_header(_GIVEN)), load(text)
    with pytest.raises(EquivalenceError, match="NNX leaves without a Linen leaf"):
        compare(linen, twin, mapping, Call("Decoder", (6, 3), {}, (_X,)))


_OF_A_FIELD = """\
import other
from flax import linen as nn


class Block(nn.Module):
    width: int
    block: object = other.{}

    def setup(self):
        self.inner = self.block(self.width)

    def __call__(self, x):
        return self.inner(x)
"""


def test_what_a_field_makes_by_default_may_be_a_linen_module() -> None:
    """It would be made anew at each call."""
    check_refused(_OF_A_FIELD.format("Inner"), "MN101")
    text, *_ = migrate(_OF_A_FIELD.format("scaled_by"))
    assert "class Block(nnx.Module)" in text
