"""Numbers that a class has in all of its instances: `widths = (32, 64)`, which sizes are spelled with."""

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
    run_in_tree_mode,
)
from .check import load as loaded

_NET = """\
class Net(nn.Module):
    widths = {widths}
    inner = {inner}
    scale: int = 1

    @nn.compact
    def __call__(self, x):
        for i in range(2):
            x = nn.relu(nn.Dense(self.widths[i] * self.scale)(x))
        x = nn.Dense(self.inner)(x)
        return nn.LayerNorm()(x)


class Top(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)({net}()(x))
"""
_NNX = """\
class Net(nnx.Module):
    widths = (4, 6)
    inner = 5

    def __init__(self, in_features: int, scale: int = 1, *, rngs: nnx.Rngs):
        self.dense = nnx.List()
        for i in range(2):
            self.dense.append(
                nnx.Linear(in_features, self.widths[i] * scale, rngs=rngs)
            )
            in_features = self.widths[i] * scale
        self.dense_1 = nnx.Linear(in_features, self.inner, rngs=rngs)
        self.layer_norm_0 = nnx.LayerNorm(self.inner, rngs=rngs)

    def __call__(self, x):
        for dense in self.dense:
            x = nnx.relu(dense(x))
        x = self.dense_1(x)
        return self.layer_norm_0(x)


class Top(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(5, 2, rngs=rngs)
        self.net_0 = Net(in_features, rngs=rngs)

    def __call__(self, x):
        return self.dense_0(self.net_0(x))
"""
_WIDER = """\
class Wider(Net):
    widths = (7, 3)
    inner = 6


"""
_CALLS = tuple(Call(name, (3,), {}, (f32(2, 3),)) for name in ("Net", "Top"))


def _model(widths: str = "(4, 6)", inner: str = "5", net: str = "Net") -> str:
    return HEADER + _NET.format(widths=widths, inner=inner, net=net)


def test_they_are_read_of_self() -> None:
    check_transformed(_model(), NNX_HEADER + _NNX)


def test_both_compute_the_same() -> None:
    check_equivalent(_model(), *_CALLS)
    run_in_tree_mode(loaded(migrate(_model())[0]), _CALLS[1])


def test_a_class_further_down_has_its_own() -> None:
    before = _model(net="Wider").replace("class Top", _WIDER + "class Top")
    check_equivalent(before, *_CALLS, Call("Wider", (3,), {}, (f32(2, 3),)))
    assert "nnx.Linear(6, 2, rngs=rngs)" in migrate(before)[0]


@pytest.mark.parametrize(
    "before",
    [
        _model(inner="compute()"),
        _model(widths="[4, 6]"),  # which anybody may change
        _model().replace("    inner = 5\n", "    inner = 5\n    inner = 6\n"),
    ],
)
def test_what_is_no_number_for_sure_is_refused(before: str) -> None:
    check_refused(before, "MN108")


def test_what_setup_changes_is_not_taken_for_the_number() -> None:
    before = _model().replace(
        "    @nn.compact\n    def __call__(self, x):\n        for",
        "    def setup(self):\n        self.inner = 7\n\n    @nn.compact\n    def __call__(self, x):\n        for",
        1,
    )
    text, _, _ = migrate(before)
    assert "nnx.LayerNorm(self.inner" not in text
    assert "nnx.Linear(5, 2" not in text
