# ruff: noqa: E501
"""Methods that hand on all that they are given: what they give is what the submodule gives for the same arguments."""

import pytest
from flax import nnx

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    name_of,
)

WRAPPED = '''\
class Shifted(nn.Module):
    rate: float

    @nn.compact
    def __call__(self, x, shift=0.0, deterministic=True):
        gain = self.param("gain", nn.initializers.ones, ())
        return nn.Dropout(self.rate)(x, deterministic=deterministic) * gain + shift, shift


class Wrapper(nn.Module):
    """Keeps the names of a checkpoint."""

    rate: float = 0.5

    def setup(self):
        self.inner = Shifted(self.rate)

    def __call__(self, *args, **kwargs):
        return self.inner(*args, **kwargs)


class Net(nn.Module):
    def setup(self):
        self.model = Wrapper()
        self.first, self.head = nn.Dense(4), nn.Dense(3)

    def __call__(self, x):
        return self.head(self.model(x=self.first(x), shift=2.0)[0])
'''
NNX_WRAPPED = '''\
class Shifted(nnx.Module):
    def __init__(self, rate: float, *, rngs: nnx.Rngs):
        self.gain = nnx.Param(nnx.initializers.ones(rngs.params(), ()))
        self.dropout_0 = nnx.Dropout(rate, rngs=rngs)

    def __call__(self, x, shift=0.0, deterministic=True):
        return self.dropout_0(x, deterministic=deterministic) * self.gain + shift, shift


class Wrapper(nnx.Module):
    """Keeps the names of a checkpoint."""

    def __init__(self, rate: float = 0.5, *, rngs: nnx.Rngs):
        self.inner = Shifted(rate, rngs=rngs)

    def __call__(self, *args, **kwargs):
        return self.inner(*args, **kwargs)


class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.model = Wrapper(rngs=rngs)
        self.first = nnx.Linear(in_features, 4, rngs=rngs)
        self.head = nnx.Linear(4, 3, rngs=rngs)

    def __call__(self, x):
        return self.head(self.model(x=self.first(x), shift=2.0)[0])
'''
_CALL = "return self.inner(*args, **kwargs)"


def _changed(old: str, new: str) -> str:
    assert old in WRAPPED
    return HEADER + WRAPPED.replace(old, new)


def test_transformed() -> None:
    check_transformed(HEADER + WRAPPED, NNX_HEADER + NNX_WRAPPED)


SAME = (
    HEADER + WRAPPED,
    _changed("(x=self.first(x), shift=2.0)", "(shift=2.0, x=self.first(x), deterministic=True)"),
    _changed('(x=self.first(x), shift=2.0)', '(**{"x": self.first(x)})'),
    _changed("    def __call__(self, *args", "    # all of it\n    def __call__(self, *args").replace("kwargs", "named"),
)  # fmt: skip


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
@pytest.mark.parametrize("before", SAME)
def test_computes_the_same(before: str, graph: bool) -> None:
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        check_equivalent(before, Call("Net", (5,), {}, (f32(2, 5),)))


REFUSED = (
    Refusal("hands-on-a-part", "MN108", _changed(_CALL, "return self.inner(*args[:1], **kwargs)")),
    Refusal("keeps-keywords", "MN108", _changed(_CALL, "return self.inner(*args)")),
    Refusal("adds-one", "MN108", _changed(_CALL, "return self.inner(*args, deterministic=True, **kwargs)")),
    Refusal("takes-one-out", "MN108", _changed("(self, *args, **kwargs)", "(self, *args, shift=None, **kwargs)")),
    Refusal("takes-the-first", "MN108", _changed("(self, *args, **kwargs)", "(self, first=None, *args, **kwargs)")),
    Refusal("gives-another-thing", "MN108", _changed(_CALL, f"{_CALL}[::-1]")),
    Refusal("changes-them-first", "MN108", _changed(_CALL, f"kwargs = kwargs | {{}}\n        {_CALL}")),
    Refusal("decorated", "MN108", _changed("    def __call__(self, *args", "    @jax.named_scope('x')\n    def __call__(self, *args")),
    Refusal("unknown-arguments", "MN108", _changed("(x=self.first(x), shift=2.0)", "(**dict(x=self.first(x)))")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    check_refused(refusal.before, refusal.code)
