"""Functions of the file that setup calls for what they raise: the constructor calls them."""

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
    run_in_tree_mode,
)

_CHECK = """\
def check(features, depth, name):
    \"""Raises for another number.\"""
    assert depth > 0
    if len(features) != depth:
        raise ValueError(f"{name} has {len(features)} features")
    for each in features:
        if not isinstance(each, int):
            raise TypeError(name)


"""
_NET = """\
class Net(nn.Module):
    features: tuple[int, ...] | int
    depth: int = 2

    def setup(self):
        features = self.features
        if isinstance(features, int):
            features = [features] * self.depth
        features = tuple(features)
        check(features, self.depth, "features")
        self.layers = [nn.Dense(n) for n in features]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
"""
_ALONE = """\
class Net(nn.Module):
    features: tuple[int, ...]

    def setup(self):
        check(self.features, 2, "features")
        self.layer = nn.Dense(self.features[0])

    def __call__(self, x):
        return self.layer(x)
"""
_NNX = """\
class Net(nnx.Module):
    def __init__(self, in_features: int, features: tuple[int, ...], *, rngs: nnx.Rngs):
        check(features, 2, "features")
        self.layer = nnx.Linear(in_features, features[0], rngs=rngs)

    def __call__(self, x):
        return self.layer(x)
"""


def test_transformed() -> None:
    check_transformed(HEADER + _CHECK + _ALONE, NNX_HEADER + _CHECK + _NNX)


def test_both_compute_the_same() -> None:
    calls = [Call("Net", (5,), {"features": given}, (f32(2, 5),)) for given in (4, (4, 3))]
    check_equivalent(HEADER + _CHECK + _NET, *calls)
    run_in_tree_mode(load(migrate(HEADER + _CHECK + _NET)[0]), calls[0])


def test_it_goes_on_to_raise() -> None:
    twin = load(migrate(HEADER + _CHECK + _NET)[0])
    with pytest.raises(ValueError, match="features has 3 features"):
        run_in_tree_mode(twin, Call("Net", (5,), {"features": (4, 3, 2)}, (f32(2, 5),)))


_BODY = _CHECK.replace("assert depth > 0", "STATEMENT")
REFUSED = (
    Refusal("it-says-something", "MN209", _BODY.replace("STATEMENT", "print(name)") + _ALONE),
    Refusal("it-changes-something", "MN209", _BODY.replace("STATEMENT", "features.append(3)") + _ALONE),
    Refusal("it-asks-who-knows-what", "MN209", _BODY.replace("STATEMENT", "assert known(name)") + _ALONE),
    Refusal("it-is-bound-again", "MN209", _CHECK + "check = print\n\n\n" + _ALONE),
    Refusal("it-is-decorated", "MN209", "@counted\n" + _CHECK + _ALONE),
    Refusal("len-is-another-one", "MN209", "from sizes import len\n\n\n" + _CHECK + _ALONE),
    Refusal("of-an-array", "MN209", _CHECK + _ALONE.replace("self.features, 2", "jnp.ones(2), 2")),
)


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(HEADER + case.before, case.code)
