"""`setattr(self, f"layer_{i}", nn.Dense(4))` in a loop of setup: a list, whose elements Linen knows by these names."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    migrate,
    refusals,
)

_NET = """\
class Net(nn.Module):
    depth: int = 3

    def setup(self):
{}

    def __call__(self, x):
{}
"""


def _net(setup: str, call: str) -> str:
    return _NET.format(*("\n".join(" " * 8 + row for row in text.splitlines()) for text in (setup, call)))


_LAYERS = 'for i in range(self.depth):\n    setattr(self, f"layer_{i}", nn.Dense(4))'
_CALLS = 'for i in range(self.depth):\n    x = nn.relu(getattr(self, f"layer_{i}")(x))\nreturn x'
_SEVERAL = """\
class Net(nn.Module):
    features: tuple[int, ...] = (4, 4)

    def setup(self):
        # one after the other
        for i, f in enumerate(self.features):
            setattr(self, "dense%d" % i, nn.Dense(f))
            setattr(self, "norm_{}".format(i), nn.BatchNorm(momentum=0.5))
        self.norm = nn.Dense(2)

    def __call__(self, x, train=False):
        for i in range(len(self.features)):
            x = getattr(self, "dense%d" % i)(x)
            x = getattr(self, "norm_{}".format(i))(x, use_running_average=not train)
        return self.norm(x)
"""
_SPELLED = """\
class Net(nn.Module):
    def setup(self):
        self.embed = nn.Dense(4)
        for i in range(1, 4):
            setattr(self, "fc" + str(i), nn.Dense(4))

    def __call__(self, x):
        x = self.embed(x)
        return self.fc3(self.fc1(x)), self.fc2(x)
"""
_NNX_SEVERAL = """\
class Net(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: tuple[int, ...] = (4, 4),
        *,
        rngs: nnx.Rngs,
    ):
        self.features = features
        # one after the other
        self.dense = nnx.List()
        self.norms = nnx.List()
        for f in features:
            self.dense.append(nnx.Linear(in_features, f, rngs=rngs))
            self.norms.append(nnx.BatchNorm(f, momentum=0.5, rngs=rngs))
            in_features = f
        self.norm = nnx.Linear(in_features, 2, rngs=rngs)

    def __call__(self, x, train=False):
        for i in range(len(self.features)):
            x = self.dense[i](x)
            x = self.norms[i](x, use_running_average=not train)
        return self.norm(x)
"""


def test_it_is_a_list() -> None:
    check_transformed(
        HEADER + _net(_LAYERS, _CALLS),
        NNX_HEADER
        + """\
class Net(nnx.Module):
    def __init__(self, in_features: int, depth: int = 3, *, rngs: nnx.Rngs):
        self.depth = depth
        self.layer = nnx.List()
        for _ in range(depth):
            self.layer.append(nnx.Linear(in_features, 4, rngs=rngs))
            in_features = 4

    def __call__(self, x):
        for i in range(self.depth):
            x = nnx.relu(self.layer[i](x))
        return x
""",
    )


def test_several_in_a_round_have_a_list_each() -> None:
    check_transformed(HEADER + _SEVERAL, NNX_HEADER + _NNX_SEVERAL)


def test_elements_are_read_by_their_names() -> None:
    check_transformed(
        HEADER + _SPELLED,
        NNX_HEADER
        + """\
class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.embed = nnx.Linear(in_features, 4, rngs=rngs)
        self.fc = nnx.List(nnx.Linear(4, 4, rngs=rngs) for i in range(1, 4))

    def __call__(self, x):
        x = self.embed(x)
        return self.fc[2](self.fc[0](x)), self.fc[1](x)
""",
    )


def test_they_compute_the_same() -> None:
    check_equivalent(HEADER + _SPELLED, Call("Net", (5,), {}, (f32(2, 5),)))
    check_equivalent(HEADER + _net(_LAYERS, _CALLS), Call("Net", (5,), {}, (f32(2, 5),)))
    check_equivalent(
        HEADER + _SEVERAL,
        Call("Net", (5,), {}, (f32(2, 5),)),
        Call("Net", (5,), {"features": (3, 6, 2)}, (f32(2, 5),), {"train": True}),
    )


@pytest.mark.parametrize(
    ("setup", "call"),
    [
        (_LAYERS.replace("    setattr", "    # each\n    setattr"), _CALLS),
        (_LAYERS, _CALLS.replace("}", "}", 1).replace('{i}")', '{i}", None)')),
        (_LAYERS, "if hasattr(self, 'layer_7'):\n    x = 2 * x\n" + _CALLS),
        (_LAYERS.replace("{i}", "{2 * i}"), _CALLS.replace("{i}", "{2 * i}")),
        (f"{_LAYERS}\n{_LAYERS}", _CALLS),
        (_LAYERS + "\n    x = i", _CALLS),
        (_LAYERS + "\nself.layer_0 = nn.Dense(2)", _CALLS),
        (_LAYERS.replace("4)", '4, name=f"d_{i}")'), _CALLS),
    ],
    ids=["comment", "default", "hasattr", "number", "twice", "more", "replaced", "named"],
)
def test_other_attributes_by_name_stay(setup: str, call: str) -> None:
    text, file, _ = migrate(HEADER + _net(setup, call))
    assert refusals(file), text
    assert text == HEADER + _net(setup, call)


def test_who_asks_from_outside_would_not_find_it() -> None:
    net = _net(_LAYERS, _CALLS)
    check_refused(f"{HEADER}{net}\n\ndef first(model, x):\n    return model.layer_0(x)\n", "MN107")
    check_refused(
        f"{HEADER}{net}\n\ndef one(model, i):\n    return getattr(model, f'layer_{{i}}')\n", "MN107"
    )
