"""Attributes that setup computes by functions of the user's own: sizes are spelled with them."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    load,
    migrate,
    run_in_tree_mode,
)

_ROUNDED = """\
def rounded(width):
    while width % 4:
        width += 1
    return width


def read(name):
    return {"dim": len(name)}


"""
_NET = """\
class Net(nn.Module):
    width: int = 5

    def setup(self):
        self.dim = rounded(self.width)
        self.up = nn.Dense(self.dim)
        self.down = nn.Dense(3)

    def __call__(self, x):
        return self.down(self.up(x))
"""
_NNX = """\
class Net(nnx.Module):
    def __init__(self, in_features: int, width: int = 5, *, rngs: nnx.Rngs):
        self.width = width
        self.up = nnx.Linear(in_features, self._dim(), rngs=rngs)
        self.down = nnx.Linear(self._dim(), 3, rngs=rngs)

    def _dim(self):
        return rounded(self.width)

    def __call__(self, x):
        return self.down(self.up(x))
"""
_CONFIGURED = """\
class Block(nn.Module):
    config: dict

    @nn.compact
    def __call__(self, x):
        return x + nn.Dense(self.config["dim"])(nn.LayerNorm()(x))


class Model(nn.Module):
    config: dict = None
    pretrained: str = None

    def setup(self):
        if self.pretrained is not None:
            self.config_ = read(self.pretrained)
        else:
            self.config_ = self.config
        self.dim = self.config_["dim"]

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(self.dim)(x)
        for i in range(2):
            x = Block(self.config_)(x)
        return nn.Dense(2)(x)
"""
_CONFIGURED_NNX = """\
class Block(nnx.Module):
    def __init__(self, in_features: int, config: dict, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, config["dim"], rngs=rngs)
        self.layer_norm_0 = nnx.LayerNorm(in_features, rngs=rngs)

    def __call__(self, x):
        return x + self.dense_0(self.layer_norm_0(x))


class Model(nnx.Module):
    def __init__(
        self,
        in_features: int,
        config: dict = None,
        pretrained: str = None,
        *,
        rngs: nnx.Rngs,
    ):
        self.config = config
        self.pretrained = pretrained
        self.dim = self._config_()["dim"]
        self.dense_0 = nnx.Linear(in_features, self.dim, rngs=rngs)
        self.block = nnx.List(
            Block(self.dim, self._config_(), rngs=rngs) for _ in range(2)
        )
        self.dense_1 = nnx.Linear(self.dim, 2, rngs=rngs)

    def _config_(self):
        if self.pretrained is not None:
            config_ = read(self.pretrained)
        else:
            config_ = self.config
        return config_

    def __call__(self, x):
        x = self.dense_0(x)
        for block in self.block:
            x = block(x)
        return self.dense_1(x)
"""


def _model(body: str, old: str = "", new: str = "") -> str:
    assert old in body
    return HEADER + _ROUNDED + body.replace(old, new, 1)


def test_a_size_has_the_name_of_the_attribute() -> None:
    check_transformed(_model(_NET), NNX_HEADER + _ROUNDED + _NNX)


def test_an_attribute_may_be_computed_on_a_condition() -> None:
    check_transformed(_model(_CONFIGURED), NNX_HEADER + _ROUNDED + _CONFIGURED_NNX)


def test_both_compute_the_same() -> None:
    call = Call("Net", (6,), {"width": 7}, (f32(2, 6),))
    check_equivalent(_model(_NET), call)
    run_in_tree_mode(load(migrate(_model(_NET))[0]), call)
    calls = [
        Call("Model", (6,), given, (f32(2, 6),))
        for given in ({"pretrained": "large"}, {"config": {"dim": 4}})
    ]
    check_equivalent(_model(_CONFIGURED), *calls)
    run_in_tree_mode(load(migrate(_model(_CONFIGURED))[0]), calls[0])


def test_the_order_of_setup_does_not_matter_to_what_fields_alone_say() -> None:
    first, up, down = _NET[_NET.index("        self.dim") : _NET.index("\n    def __call__")].splitlines(True)
    before = _model(_NET, first + up + down, down + first + up)
    check_equivalent(before, Call("Net", (6,), {"width": 7}, (f32(2, 6),)))


@pytest.mark.parametrize(
    ("body", "old", "new"),
    [
        (
            _NET,
            "        self.down",
            "        self.dim = rounded(self.dim)\n        self.down",
        ),  # two of one name
        (_NET, "        return self.down", "        self.dim += 1\n        return self.down"),
        (_NET, "rounded(self.width)\n", "[rounded(self.width)]\n        self.dim.append(2)\n"),
        (_NET, "rounded(self.width)\n", "rounded(self.param('w', nn.initializers.ones, ()))\n"),
        (_CONFIGURED, "        self.dim = self", '        self.config_["dim"] = 4\n        self.dim = self'),
        (
            _CONFIGURED,
            "        else:\n            self.config_",
            "        if self.config:\n            self.config_",
        ),
    ],
)
def test_what_is_not_sure_is_refused(body: str, old: str, new: str) -> None:
    text, file, _ = migrate(_model(body, old, new))
    stays = "class Model(nn.Module)" if body is _CONFIGURED else "class Net(nn.Module)"
    assert stays in text, text
    assert file.diagnostics


_BELOW = """

class Wide(Net):
    def setup(self):
        super().setup()
        self.dim = {}
"""
_COMPACT = """\
class Net(nn.Module):
    width: int = 5

    def setup(self):
        self.dim = {}

    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(nn.Dense(self.dim)(x))
"""


@pytest.mark.parametrize(
    ("body", "dim"),
    [
        (_NET, "rounded(4 * self.width)"),  # `up` has the features that the base has computed
        (_COMPACT.format("2 * self.width"), "4 * self.width"),  # the base would have made its layers by then
        (_COMPACT.format("2 * self.width"), "rounded(4 * self.width)"),
        (_COMPACT.format("rounded(self.width)"), "4 * self.width"),
    ],
)
def test_a_subclass_that_computes_another_one_is_refused(body: str, dim: str) -> None:
    check_refused(_model(body + _BELOW.format(dim)), "MN104")


def test_a_method_that_computes_it_may_be_replaced() -> None:
    below = _BELOW.format("rounded(4 * self.width)").replace("        super().setup()\n", "")
    before = _model(_COMPACT.format("rounded(self.width)") + below)
    check_equivalent(before, *(Call(name, (6,), {"width": 7}, (f32(2, 6),)) for name in ("Net", "Wide")))


_EITHER = """\
class Either(nn.Module):
    dim: int = 5
    name_of_it: str = None

    def setup(self):
        if self.name_of_it is not None:
            self.dim_ = read(self.name_of_it)["dim"]
        else:
            self.dim_ = self.dim

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.dim_)(x)


class Head(nn.Module):
    dim: int = 6
    kind: str = None

    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)({})


"""
_HEAD = """\
class Head(nnx.Module):
    def __init__(
        self,
        in_features: int,
        dim: int = 6,
        kind: str = None,
        *,
        rngs: nnx.Rngs,
    ):
        self.dense_0 = nnx.Linear(dim, 3, rngs=rngs)
        self.either_0 = Either(in_features, dim, rngs=rngs)
"""


def test_a_construction_that_decides_for_one_side() -> None:
    before = _model(_EITHER.format("Either(self.dim)(x)"))
    text, _, _ = migrate(before)
    assert _HEAD in text
    check_equivalent(before, Call("Head", (6,), {}, (f32(2, 6),)))


@pytest.mark.parametrize(
    "call",
    ["Either(self.dim, 'abc')(x)", "Either(self.dim, self.kind)(x)", "Either(self.dim, name_of(x))(x)"],
)
def test_a_construction_that_decides_for_what_is_not_known_or_not_at_all(call: str) -> None:
    _, file, _ = migrate(_model(_EITHER.format(call)))
    assert ("MN108", "Head") in {(d.code, d.message.split()[0]) for d in file.diagnostics}
