# ruff: noqa: E501
"""One call of a local name that stands for one of several classes."""

import pytest

from .check import (
    HEADER,
    Call,
    Refusal,
    check_equivalent,
    f32,
    migrate,
    name_of,
    refusals,
)

CLASSES = """\
class Plain(nn.Module):
    width: int
    act: str = "relu"

    def setup(self):
        self.layer = [nn.Dense(self.width), nn.Dense(self.width)]
        self.norm = nn.BatchNorm()
        self.drop = nn.Dropout(0.0)

    def __call__(self, x, train: bool = False):
        x = self.drop(self.layer[0](x), deterministic=not train)
        return nn.relu(self.norm(self.layer[1](x), use_running_average=not train))


class Deep(nn.Module):
    width: int
    act: str = "relu"
    reduction: int = 2

    def setup(self):
        self.layer = [nn.Dense(self.width // self.reduction, name="0"), nn.Dense(self.width, use_bias=False, name="1")]
        self.short = nn.Dense(self.width)

    def __call__(self, x, train: bool = False):
        y = self.layer[1](nn.tanh(self.layer[0](x)))
        return y + self.short(x) if self.act == "relu" else y - self.short(x)


"""
STAGE = """\
class Stage(nn.Module):
    width: int
    deep: bool = True
    depth: int = 3

    def setup(self):
        layer = Deep if self.deep else Plain
        layers = [
            # the first one
            layer(self.width, act="tanh", name="0"),
        ]
        for i in range(self.depth - 1):
            layers.append(layer(self.width * 2, name=str(i + 1)))
        self.layers = layers
        self.last = nn.Dense(2)

    def __call__(self, x, train: bool = False):
        for layer in self.layers:
            x = layer(x, train=train)
        return self.last(x)


"""
ONE = """\
class One(nn.Module):
    width: int
    kind: str = "deep"

    def setup(self):
        if self.kind == "deep":
            block = Deep
        elif self.kind == "plain":
            block = Plain
        elif self.kind == "bare":
            block = Bare
        else:
            raise ValueError(self.kind)
        self.block = block(self.width)
        self.more = [block(3), nn.Dense(3)]
        self.many = [block(self.width) for _ in range(2)]

    def __call__(self, x, train: bool = False):
        x = self.block(x, train)
        for block in self.many:
            x = block(x, train=train)
        return self.more[1](self.more[0](x, train))


class Bare(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x, train: bool = False):
        return nn.Dense(self.width)(x)


class Direct(nn.Module):
    deep: bool = True

    def setup(self):
        self.block = (Deep if self.deep else Plain)(4)

    def __call__(self, x, train: bool = False):
        return self.block(x, train)
"""
NNX_STAGE = """\
class Stage(nnx.Module):
    def __init__(
        self,
        in_features: int,
        width: int,
        deep: bool = True,
        depth: int = 3,
        *,
        rngs: nnx.Rngs,
    ):
        layer = Deep if deep else Plain
        self.layers = nnx.List(
            [
                # the first one
                layer(in_features, width, act="tanh", rngs=rngs),
            ]
        )
        features = width
        for _ in range(depth - 1):
            self.layers.append(layer(features, width * 2, rngs=rngs))
            features = width * 2
        self.last = nnx.Linear(features, 2, rngs=rngs)

    def __call__(self, x, train: bool = False):
        for layer in self.layers:
            x = layer(x, train=train)
        return self.last(x)


"""
ROUNDS = """\
class Rounds(nn.Module):
    width: int
    depth: int = 3

    def setup(self):
        layers = []
        for i in range(self.depth):
            layer = Deep if i % 2 == 0 else Plain
            layers.append(layer(self.width, name=f"part_{i}"))
        self.layers = layers

    def __call__(self, x, train: bool = False):
        for layer in self.layers:
            x = layer(x, train=train)
        return x


"""
_X = f32(3, 5)


def test_transformed() -> None:
    text, file, _ = migrate(HEADER + CLASSES + STAGE)
    assert not refusals(file)
    assert text.rstrip().endswith(NNX_STAGE.rstrip()), text


@pytest.mark.parametrize("train", [True, False])
def test_computes_the_same(train: bool) -> None:
    calls = [
        Call("Stage", (5,), {"width": 4, "deep": deep, "depth": depth}, (_X,), {"train": train})
        for deep, depth in ((True, 3), (False, 3), (False, 1))
    ]
    kinds = [Call("One", (5,), {"width": 4, "kind": kind}, (_X, train)) for kind in ("deep", "plain", "bare")]
    others = [
        Call("Direct", (5,), {"deep": False}, (_X, train)),
        Call("Rounds", (5,), {"width": 4}, (_X, train)),
    ]
    check_equivalent(HEADER + CLASSES + STAGE + ONE + ROUNDS, *calls, *kinds, *others)


def _stage(old: str, new: str) -> str:
    assert old in STAGE
    return HEADER + CLASSES + STAGE.replace(old, new)


def _classes(old: str, new: str) -> str:
    assert old in CLASSES
    return HEADER + CLASSES.replace(old, new) + STAGE


_CHOICE = "        layer = Deep if self.deep else Plain\n"
LEAF = """\
class Deep(nn.Module):
    width: int
    act: str = "relu"

    @nn.compact
    def __call__(self, x, train: bool = False):
        n, d = x.shape
        x = x * self.param("rows", nn.initializers.ones, (n, 1))
        return x @ self.param("kernel", nn.initializers.normal(), (d, self.width))


"""
REFUSED = (
    Refusal("a-layer-of-linen", "MN101", _stage("else Plain", "else nn.Dense")),
    Refusal("no-class-on-one-side", "MN101", _stage("else Plain", "else None")),
    Refusal("bound-again", "MN101", _stage(_CHOICE, _CHOICE + "        if self.width > 3:\n            layer = Plain\n")),
    Refusal("bound-on-one-side", "MN101", _stage(_CHOICE, "        if self.deep:\n            layer = Deep\n        if not self.deep:\n            layer = Plain\n")),
    Refusal("an-argument-of-setup", "MN101", _stage(_CHOICE, "        for layer in (Deep, Plain):\n            pass\n")),
    Refusal("bound-where-it-raises", "MN101", _stage(_CHOICE, "        if self.deep:\n            layer = Deep\n        elif self.width:\n            layer = Plain\n        else:\n            layer = Deep\n            raise ValueError\n")),
    Refusal("not-bound-on-a-side-that-goes-on", "MN101", _stage(_CHOICE, "        if self.deep:\n            layer = Deep\n        elif self.width:\n            layer = Plain\n        else:\n            pass\n")),
    Refusal("handed-on", "MN101", _stage(_CHOICE, _CHOICE + "        self.kind = layer\n")),
    Refusal("bound-by-a-partial", "MN101", _stage("Deep if self.deep", "partial(Deep, act='tanh') if self.deep").replace("import jax\n", "import jax\nfrom functools import partial\n", 1)),
    Refusal("under-a-transform", "MN101", _stage("layers.append(layer(", "layers.append(nn.remat(layer)(")),
    Refusal("other-fields-in-these-places", "MN101", _classes("    act: str = \"relu\"\n    reduction: int = 2\n", "    reduction: int = 2\n    act: str = \"relu\"\n").replace('act="tanh"', "2")),
    Refusal("a-field-that-one-has", "MN101", _stage('act="tanh"', "reduction=4")),
    Refusal("more-sizes", "MN101", HEADER + CLASSES[: CLASSES.index("class Deep")] + LEAF + STAGE),
    Refusal("another-place-of-a-name", "MN204", _classes('self.short = nn.Dense(self.width)', 'self.short = nn.Dense(self.width, name="norm")').replace("nn.BatchNorm()", "nn.LayerNorm()").replace(", use_running_average=not train", "")),
    Refusal("it-gives-another-size", "MN108", _classes("return y + self.short(x) if", "return jnp.concatenate([y, x], -1) if")),
    Refusal("one-stays-linen", "MN110", _classes("self.drop = ", "self.sow('a', 'b', 1)\n        self.drop = ")),
    Refusal("other-names-that-linen-makes-up", "MN204", HEADER + CLASSES + "class Stage(nn.Module):\n    deep: bool = True\n\n    @nn.compact\n    def __call__(self, x):\n        layer = Deep if self.deep else Plain\n        return layer(4)(x)\n"),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file) if d.subject == "Stage"}, file.diagnostics
    assert "class Stage(nn.Module)" in text


_COMPACT = """\
class One(nn.Module):
    n: int = 4

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.n)(x)


class Two(nn.Module):
    n: int = 4

    @nn.compact
    def __call__(self, x):
        return nn.relu(nn.Dense(self.n)(x)) + nn.Dense(self.n)(x)


class Net(nn.Module):
    one: bool = True

    @nn.compact
    def __call__(self, x):
        kind = One if self.one else Two
{}
        return x
"""


@pytest.mark.parametrize("one", [True, False])
@pytest.mark.parametrize(
    "rows",
    [
        ["x = kind(name='attn')(x)"],
        ["x = kind()(x)"],
        ["x = kind(5)(x)", "x = nn.Dense(3)(kind(3)(x))"],
        ["for _ in range(2):", "    x = x + kind(5)(x)"],
        ["for i in range(2):", "    x = kind(5, name=f'block_{i}')(x)"],
    ],
)
def test_a_compact_method(rows: list[str], one: bool) -> None:
    before = HEADER + _COMPACT.format("\n".join(f"        {row}" for row in rows))
    check_equivalent(before, Call("Net", (5,), {"one": one}, (_X,)))


def test_a_class_that_linen_counts_with_them() -> None:
    before = HEADER + _COMPACT.format("        x = kind(5)(x)\n        x = One(5)(x)")
    _, file, _ = migrate(before)
    assert "the number of this `One` depends on which class `kind` is" in str(file.diagnostics)
