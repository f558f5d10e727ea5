"""Methods of a base that read, or ask for, what only the classes below it have."""

import pytest

from .check import (
    NNX_HEADER,
    Call,
    Case,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    name_of,
    with_header,
)

_X = f32(4, 3)
_BASE = """\
class Base(nn.Module):
    def __call__(self, x):
        if hasattr(self, "activation"):
            x = self.activation(x)
        return self.head(x) * self.scale


"""
_NNX_BASE = """\
class Base(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        pass

    def __call__(self, x):
        if hasattr(self, "activation"):
            x = self.activation(x)
        return self.head(x) * self.scale


"""

TRANSFORMED = (
    Case(
        "fields",
        f"""\
{_BASE}class Net(Base):
    activation: object = nn.tanh
    scale: float = 2.0
    unread: int = 1

    def setup(self):
        self.head = nn.Dense(2)


class Plain(Base):
    scale: float = 3.0

    def head(self, x):
        return x


class Leaf(Net):
    features: int = 3
""",
        f"""\
{_NNX_BASE}class Net(Base):
    def __init__(
        self,
        in_features: int,
        activation: object = nnx.tanh,
        scale: float = 2.0,
        unread: int = 1,
        *,
        rngs: nnx.Rngs,
    ):
        super().__init__(rngs=rngs)
        self.activation = activation
        self.scale = scale
        self.head = nnx.Linear(in_features, 2, rngs=rngs)


class Plain(Base):
    def __init__(self, scale: float = 3.0, *, rngs: nnx.Rngs):
        super().__init__(rngs=rngs)
        self.scale = scale

    def head(self, x):
        return x


class Leaf(Net):
    def __init__(
        self,
        in_features: int,
        activation: object = nnx.tanh,
        scale: float = 2.0,
        unread: int = 1,
        features: int = 3,
        *,
        rngs: nnx.Rngs,
    ):
        super().__init__(
            in_features, activation=activation, scale=scale, unread=unread, rngs=rngs
        )
""",
        (
            Call("Net", (3,), {}, (_X,)),
            Call("Net", (3,), {"scale": 0.5, "activation": abs}, (_X,)),
            Call("Plain", (), {}, (_X,)),
            Call("Leaf", (3,), {"scale": 0.5}, (_X,)),
        ),
    ),
    Case(
        "a-parameter-in-arithmetic",
        """\
class Base(nn.Module):
    def __call__(self, x):
        return x * self.w


class Net(Base):
    def setup(self):
        self.w = self.param("w", nn.initializers.normal(), (3,))
""",
        """\
class Base(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        pass

    def __call__(self, x):
        return x * self.w


class Net(Base):
    def __init__(self, *, rngs: nnx.Rngs):
        super().__init__(rngs=rngs)
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (3,)))
""",
        (Call("Net", (), {}, (_X,)),),
    ),
)

_READS = """\
class Base(nn.Module):
    def __call__(self, x):
        return jnp.dot(x, {read}) + self.bias


class Net(Base):
    bias: float = 1.0

    def setup(self):
        {setup}
"""
_PARAM = "nn.initializers.normal(), (3,))"

REFUSED = (
    Refusal(
        "parameter-of-another-name",
        "MN104",
        _READS.format(read="-self.w", setup=f'self.w = self.param("scale", {_PARAM}'),
    ),
    Refusal(
        "parameter-that-is-handed-on",
        "MN104",
        _READS.format(read="self.w", setup=f'self.w = self.param("w", {_PARAM}'),
    ),
    Refusal(
        "variable",
        "MN104",
        _READS.format(read="self.w.value", setup='self.w = self.variable("a", "w", jnp.ones, (3,))'),
    ),
    Refusal(
        "computed-from-a-parameter",
        "MN104",
        _READS.format(read="self.w", setup=f'self.w = 2 * self.param("v", {_PARAM}'),
    ),
    Refusal(
        "field-beside-a-parameter-of-its-name",
        "MN104",
        _READS.format(read="x.T", setup=f'w = self.param("bias", {_PARAM}\n        self.w = w'),
    ),
)

_ASKS = """\
class Net(nn.Module):
    features: int = 3
{more}
    def setup(self):
        {setup}

    def __call__(self, x):
        return x if hasattr(self, "{name}") else 2 * x
"""

ASKED_REFUSED = (
    Refusal("set-by-setup", "MN107", _ASKS.format(more="", setup="self.proj = jnp.ones(3)", name="proj")),
    Refusal("set-by-name", "MN107", _ASKS.format(more="", setup='setattr(self, "p", 3)', name="p")),
    Refusal("of-every-module", "MN107", _ASKS.format(more="", setup="pass", name="scope")),
    Refusal("of-nnx-modules-alone", "MN107", _ASKS.format(more="", setup="pass", name="train")),
    Refusal(
        "field-that-setup-sets",
        "MN107",
        _ASKS.format(more="    extra: int = dataclasses.field(init=False)\n", setup="pass", name="extra"),
    ),
)


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_is_migrated(case: Case) -> None:
    check_transformed(with_header(case.before), with_header(case.after, NNX_HEADER))


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_computes_the_same(case: Case) -> None:
    check_equivalent(with_header(case.before), *case.calls)


@pytest.mark.parametrize("case", [*REFUSED, *ASKED_REFUSED], ids=name_of)
def test_is_refused(case: Refusal) -> None:
    before = with_header(case.before)
    check_refused(f"import dataclasses\n{before}" if "dataclasses" in before else before, case.code)


def test_a_subclass_that_sets_what_its_base_asks_for_is_refused() -> None:
    asks = _ASKS.format(more="", setup="pass", name="proj")
    below = "\n\nclass Below(Net):\n    def setup(self):\n        self.proj = jnp.ones(3)\n"
    check_refused(with_header(asks + below), "MN107")
