# ruff: noqa: E501
"""Arguments of the call that are numbers, shapes or strings, of which kernels are made: the constructor is given them too."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    load,
    migrate,
    name_of,
    refusals,
    run_in_tree_mode,
)

SOURCE = """\
class Coupling(nn.Module):
    scaled: bool = True

    @nn.compact
    def __call__(self, x, features):
        h = nn.gelu(nn.Dense(8)(x))
        shift = nn.Dense(features)(h)
        return shift * nn.Dense(features)(h) if self.scaled else shift


class Noisy(nn.Module):
    @nn.compact
    def __call__(self, x, features, bias=True):
        def init(key, shape):
            return jax.random.uniform(key, minval=-1 / x.shape[0], shape=shape)

        kernel = self.param("kernel", init, (x.shape[0], features))
        shift = self.param("shift", nn.initializers.ones, (features,))
        return jnp.where(bias, x @ kernel + shift, x @ kernel)


class Product(nn.Module):
    width: int = 3

    @nn.compact
    def __call__(self, equation: str, x):
        equation = equation.replace(" ", "")
        shape = (self.width,) * len(equation.split(",")[1].split("->")[0])
        return jnp.einsum(equation, x, self.param("w", nn.initializers.normal(), shape))


class Model(nn.Module):
    wide: bool = False

    @nn.compact
    def __call__(self, x):
        b, d = x.shape
        n = 3
        if self.wide:
            n = 4
        return Coupling()(x, features=d), Coupling(scaled=False)(x, n)


class Row(nn.Module):
    @nn.compact
    def __call__(self, x):
        (n,) = x.shape
        return Noisy()(x, 2 * n)


class Contracted(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Product(4)("b n, n m -> b m", x)
"""
NNX = """\
class Coupling(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features,
        scaled: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        self.scaled = scaled
        self.dense_0 = nnx.Linear(in_features, 8, rngs=rngs)
        self.dense_1 = nnx.Linear(8, features, rngs=rngs)
        self.dense_2 = nnx.Linear(8, features, rngs=rngs) if scaled else None

    def __call__(self, x, features):
        h = nnx.gelu(self.dense_0(x))
        shift = self.dense_1(h)
        return shift * self.dense_2(h) if self.scaled else shift


class Noisy(nnx.Module):
    def __init__(self, in_shape: tuple[int, ...], features, *, rngs: nnx.Rngs):
        def init(key, shape):
            return jax.random.uniform(key, minval=-1 / in_shape[0], shape=shape)
        self.kernel = nnx.Param(init(rngs.params(), (in_shape[0], features)))
        self.shift = nnx.Param(nnx.initializers.ones(rngs.params(), (features,)))

    def __call__(self, x, features, bias=True):
        return jnp.where(bias, x @ self.kernel + self.shift, x @ self.kernel)


class Product(nnx.Module):
    def __init__(self, equation: str, width: int = 3, *, rngs: nnx.Rngs):
        equation = equation.replace(" ", "")
        shape = (width,) * len(equation.split(",")[1].split("->")[0])
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), shape))

    def __call__(self, equation: str, x):
        equation = equation.replace(" ", "")
        return jnp.einsum(equation, x, self.w[...])


class Model(nnx.Module):
    def __init__(self, in_features: int, wide: bool = False, *, rngs: nnx.Rngs):
        self.wide = wide
        self.coupling_0 = Coupling(in_features, in_features, rngs=rngs)
        self.coupling_1 = Coupling(
            in_features, 4 if wide else 3, scaled=False, rngs=rngs
        )

    def __call__(self, x):
        b, d = x.shape
        n = 3
        if self.wide:
            n = 4
        return self.coupling_0(x, features=d), self.coupling_1(x, n)


class Row(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.noisy_0 = Noisy((in_features,), 2 * in_features, rngs=rngs)

    def __call__(self, x):
        (n,) = x.shape
        return self.noisy_0(x, 2 * n)


class Contracted(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.product_0 = Product("b n, n m -> b m", 4, rngs=rngs)

    def __call__(self, x):
        return self.product_0("b n, n m -> b m", x)
"""
_X = f32(2, 4)


def test_transformed() -> None:
    check_transformed(HEADER + SOURCE, NNX_HEADER + NNX)


@pytest.mark.parametrize("wide", [False, True])
def test_computes_the_same(wide: bool) -> None:
    check_equivalent(HEADER + SOURCE, Call("Model", (4,), {"wide": wide}, (_X,)))


def test_strings_and_sizes_compute_the_same() -> None:
    check_equivalent(HEADER + SOURCE, Call("Contracted", (), {}, (_X,)), Call("Row", (4,), {}, (f32(4),)))


SCRIPT = """\


model = Coupling()
params = model.init(jax.random.key(0), jnp.ones((2, 3)), 5)
y = model.apply(params, jnp.ones((2, 3)), 5)
"""


def test_a_script_gives_what_it_calls_it_with() -> None:
    text, file, _ = migrate(HEADER + SOURCE + SCRIPT)
    assert not refusals(file)
    assert text.endswith("model = Coupling(3, 5, rngs=nnx.Rngs(0))\ny = model(jnp.ones((2, 3)), 5)\n"), text


def test_a_bridge_gives_what_it_is_called_with() -> None:
    stays = "\n\nclass Stays(nn.Module):\n    @nn.compact\n    def __call__(self, x, n):\n        self.scope\n        return Coupling()(x, n)\n"
    text, _, _ = migrate(HEADER + SOURCE + stays)
    assert 'nnx.bridge.to_linen(Coupling, x.shape[-1], n, name="Coupling_0")(x, n)' in text, text


POSITIONS = """\
def kept(shape, axis):
    axes = (axis, -1) if isinstance(axis, int) else (*axis, -1)
    return tuple(n if k - len(shape) in axes else 1 for k, n in enumerate(shape))


class Positions(nn.Module):
    name_of: str = "rows"

    @nn.compact
    def __call__(self, shape: Shape, *, axis: Axes):
        own = kept(shape, axis)
        rows = self.param(self.name_of, nn.initializers.normal(0.02), own)
        return jnp.broadcast_to(rows, shape)


class Encoder(nn.Module):
    @nn.compact
    def __call__(self, x):
        n, d = x.shape[-2:]
        x = x + Positions()((1, n, d), axis=-2)
        return nn.Dense(4)(x)


class Fixed(nn.Module):
    def setup(self):
        self.pos = Positions("pos")

    def __call__(self, x):
        return x + self.pos((2, 3, 5), axis=(-3, -2))
"""
NNX_POSITIONS = """\
class Positions(nnx.Module):
    def __init__(
        self,
        shape: Shape,
        axis: Axes,
        name_of: str = "rows",
        *,
        rngs: nnx.Rngs,
    ):
        self.name_of = name_of
        own = kept(shape, axis)
        setattr(
            self, name_of, nnx.Param(nnx.initializers.normal(0.02)(rngs.params(), own))
        )

    def __call__(self, shape: Shape, *, axis: Axes):
        rows = getattr(self, self.name_of)[...]
        return jnp.broadcast_to(rows, shape)


class Encoder(nnx.Module):
    def __init__(self, in_shape: tuple[int, int], *, rngs: nnx.Rngs):
        length, channels = in_shape
        self.positions_0 = Positions((1, length, channels), -2, rngs=rngs)
        self.dense_0 = nnx.Linear(channels, 4, rngs=rngs)

    def __call__(self, x):
        n, d = x.shape[-2:]
        x = x + self.positions_0((1, n, d), axis=-2)
        return self.dense_0(x)


class Fixed(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.pos = Positions((2, 3, 5), (-3, -2), "pos", rngs=rngs)

    def __call__(self, x):
        return x + self.pos((2, 3, 5), axis=(-3, -2))
"""
_SHAPES = HEADER + "from typing import Any\n\nShape = tuple[int, ...]\nAxes = Any\n\n\n"


def test_shapes_are_given_too() -> None:
    before, functions = _SHAPES + POSITIONS, POSITIONS.partition("class")[0]
    check_transformed(before, _SHAPES.replace("linen as nn", "nnx") + functions + NNX_POSITIONS)
    calls = (Call("Encoder", ((3, 5),), {}, (f32(2, 3, 5),)), Call("Fixed", (), {}, (f32(2, 3, 5),)))
    check_equivalent(before, *calls)
    run_in_tree_mode(load(migrate(before)[0]), calls[0])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("shape: Shape", "shape: tuple[Any]"),
        ("axis: Axes", "axis"),
        ("shape: Shape, *, axis: Axes", "shape: Shape = (1, 3, 5), *, axis: Axes"),
    ],
)
def test_what_is_not_said_to_be_a_shape_stays(old: str, new: str) -> None:
    alone = POSITIONS.partition("class Encoder")[0].replace(old, new)
    check_refused(_SHAPES + alone, "MN202")


def test_a_shape_of_any_number_of_axes_stays() -> None:
    parent = POSITIONS.replace("(1, n, d), axis", "x.shape, axis").partition("class Fixed")[0]
    check_refused(_SHAPES + parent, "MN108")


_BLOCK = """\
class Coupling(nn.Module):
    @nn.compact
    def __call__(self, x, features):
        return nn.Dense(features)(x)


class Block(nn.Module):
    wide: bool = False

    def setup(self):
        self.coupling = Coupling()

    def __call__(self, x):
        return self.coupling(x, 3)
"""


def _block(call: str, old: str = "return self.coupling(x, 3)") -> str:
    assert old in _BLOCK
    return HEADER + _BLOCK.replace(old, call)


REFUSED = (
    Refusal("one-number-or-another", "MN108", _block("return self.coupling(x, 3) if self.wide else self.coupling(x, 4)")),
    Refusal("another-number-in-each-round", "MN108", _block("return [self.coupling(x, n) for n in (3, 4)]")),
    Refusal("a-number-of-the-caller", "MN108", _block("def __call__(self, x, n):\n        return self.coupling(x, n)", "def __call__(self, x):\n        return self.coupling(x, 3)")),
    Refusal("a-number-that-an-array-says", "MN108", _block("return self.coupling(x, x.max())")),
    Refusal("a-call-that-is-not-followed", "MN101", _block("return sorted(map(lambda n: self.coupling(x, n), (3, 4)))")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_it_has_to_be_one_number(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file) if d.subject == "Block"}, file.diagnostics
    assert "class Block(nn.Module)" in text


def _alone(call: str, body: str = "return nn.Dense(features)(x)", field: str = "") -> str:
    return (
        HEADER
        + f"class L(nn.Module):\n{field}    @nn.compact\n    def __call__(self, {call}):\n        {body}\n"
    )


STAYS = (
    Refusal("by-default", "MN202", _alone("x, features=3")),
    Refusal("all-that-is-given", "MN202", _alone("x, *features", "return nn.Dense(features[0])(x)")),
    Refusal("a-field-of-that-name", "MN202", _alone("x, features", field="    features: int = 3\n")),
    Refusal("an-array-to-start-from", "MN202", _alone("x", "return self.param('w', lambda k, a: a.mean(0), x)")),
    Refusal("an-array-as-initial-value", "MN202", _alone("x", "return self.variable('s', 'w', jnp.mean, x).value")),
    Refusal("a-number-by-way-of-a-local", "MN202", _alone("x, size", "n = size // 2\n        return nn.Dense(n)(x)")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", STAYS, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    check_refused(refusal.before, refusal.code)


def test_a_class_that_another_one_inherits_stays() -> None:
    check_refused(_alone("x, features") + "\n\nclass M(L):\n    pass\n", "MN202")
