# ruff: noqa: E501
"""What a class gives behind its loops: its constructor keeps that, and who makes the next layer asks for it."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_transformed,
    f32,
    load,
    migrate,
    name_of,
    refusals,
    run_in_tree_mode,
)

_BACKBONE = """\
class Backbone(nn.Module):
    stages: tuple[int, ...]
    width: int = 2

    @nn.compact
    def __call__(self, x):
        x = nn.Conv(self.width, (3, 3))(x)
        for i, n in enumerate(self.stages):
            for _ in range(n):
                x = nn.relu(nn.Conv(self.width * 2**i, (3, 3))(x))
        return x.mean((1, 2))


"""
_NET = """\
class Net(nn.Module):
    stages: tuple[int, ...] = (1, 2)

    def setup(self):
        self.backbone = Backbone(self.stages)
        self.head = nn.Dense(10)

    def __call__(self, x):
        return self.head(self.backbone(x))
"""
_NNX = """\
class Backbone(nnx.Module):
    def __init__(
        self,
        in_features: int,
        stages: tuple[int, ...],
        width: int = 2,
        *,
        rngs: nnx.Rngs,
    ):
        self.conv_0 = nnx.Conv(in_features, width, (3, 3), rngs=rngs)
        self.conv = nnx.List()
        features = width
        for i, n in enumerate(stages):
            for _ in range(n):
                self.conv.append(nnx.Conv(features, width * 2**i, (3, 3), rngs=rngs))
                features = width * 2**i
        self.out_features = features

    def __call__(self, x):
        x = self.conv_0(x)
        for conv in self.conv:
            x = nnx.relu(conv(x))
        return x.mean((1, 2))


class Net(nnx.Module):
    def __init__(
        self,
        in_features: int,
        stages: tuple[int, ...] = (1, 2),
        *,
        rngs: nnx.Rngs,
    ):
        self.backbone = Backbone(in_features, stages, rngs=rngs)
        self.head = nnx.Linear(self.backbone.out_features, 10, rngs=rngs)

    def __call__(self, x):
        return self.head(self.backbone(x))
"""
_WRAPPED = """\
class Wrapped(nn.Module):
    stages: tuple[int, ...] = (1, 2)

    @nn.compact
    def __call__(self, x):
        return jnp.tanh(Backbone(self.stages)(x))


class Net(nn.Module):
    stages: tuple[int, ...] = (1, 2)

    @nn.compact
    def __call__(self, x):
        x = Wrapped(self.stages)(x)
        return nn.Dense(4)(nn.LayerNorm()(x))
"""
_SUM = """\
class Net(nn.Module):
    stages: tuple[int, ...] = (1, 2)

    @nn.compact
    def __call__(self, x):
        one = Backbone(self.stages)(x)
        two = Backbone((2,), width=3)(x)
        return nn.Dense(4)(jnp.concatenate([one, two], axis=-1))
"""


def test_transformed() -> None:
    check_transformed(HEADER + _BACKBONE + _NET, NNX_HEADER + _NNX)


@pytest.mark.parametrize("net", [_NET, _WRAPPED, _SUM], ids=["setup", "wrapped", "two"])
@pytest.mark.parametrize("stages", [(1, 2), (2, 0, 1), (2, 0), (0, 0), ()], ids=str)
def test_both_compute_the_same(net: str, stages: tuple[int, ...]) -> None:
    call = Call("Net", (3,), {"stages": stages}, (f32(2, 4, 4, 3),))
    check_equivalent(HEADER + _BACKBONE + net, call)
    run_in_tree_mode(load(migrate(HEADER + _BACKBONE + net)[0]), call)


def test_nothing_is_kept_where_the_size_is_told_otherwise() -> None:
    text, file, _ = migrate(HEADER + _BACKBONE.replace("2**i", "1") + _NET)
    assert not refusals(file)
    assert "out_features" not in text


_SKIP = _BACKBONE.replace(
    "        return x", "        y = x\n        for k in range(2):\n            x = nn.Conv(k + 2, (1, 1))(x)\n        return x.sum() * y"
)  # fmt: skip
_EARLY = _BACKBONE.replace(
    "        for i, n",
    "        if not self.stages:\n            return nn.Conv(5, (1, 1))(x).mean((1, 2))\n        for i, n",
)
_TWO_WAYS = """\
class Net(nn.Module):
    stages: tuple[int, ...] = (1, 2)

    def setup(self):
        self.one = Backbone(self.stages)
        self.two = Backbone(self.stages)
        self.first = nn.Dense(2)
        self.second = nn.Dense(2)

    def __call__(self, x):
        return self.first(self.one(x)) + self.second(self.two.wide(x))
"""
_METHODS = _BACKBONE.replace(
    "        return x.mean((1, 2))\n",
    "        return x.mean((1, 2))\n\n    def wide(self, x):\n        x = self(x)\n        return jnp.concatenate([x, x], -1)\n",
)
REFUSED = (
    Refusal("two-methods-give-two-sizes", "MN108", _METHODS + _TWO_WAYS),
    Refusal("returned-before", "MN108", _EARLY + _NET),
    Refusal("another-loop-has-the-local-behind-it", "MN108", _SKIP + _NET),
    Refusal("there-on-a-condition", "MN108", _BACKBONE + _NET.replace(
        "self.backbone = Backbone(self.stages)", "self.backbone = Backbone(self.stages) if self.stages else Backbone((1,))")),
    Refusal("made-behind-what-needs-it", "MN108", _BACKBONE + _NET.replace(
        "        self.backbone = Backbone(self.stages)\n        self.head = nn.Dense(10)", "        self.head = nn.Dense(10)\n        self.backbone = Backbone(self.stages)")),
    Refusal("one-of-a-list", "MN108", _BACKBONE + _NET.replace(
        "= Backbone(self.stages)", "= [Backbone(self.stages)]").replace("self.backbone(x)", "self.backbone[0](x)")),
    Refusal("the-name-is-taken", "MN108", _BACKBONE.replace("width: int = 2", "width: int = 2\n    out_features: int = 3") + _NET),
    Refusal("a-class-inherits-it", "MN108", _BACKBONE + "class Wide(Backbone):\n    width: int = 3\n\n\n" + _NET),
    Refusal("of-two-classes", "MN108", _BACKBONE + _BACKBONE.replace("Backbone", "Other") + _NET.replace(
        "Backbone(self.stages)", "(Other if len(self.stages) > 1 else Backbone)(self.stages)")),
)  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    _, file, _ = migrate(HEADER + case.before)
    assert case.code in {d.code for d in refusals(file)}
    assert "out_features)" not in migrate(HEADER + case.before)[0]
