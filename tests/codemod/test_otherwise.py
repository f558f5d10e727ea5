# ruff: noqa: E501
"""A function that setup keeps where a condition puts a module in its place: NNX has the one or the other."""

from types import SimpleNamespace

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

IDENTITY = "def identity(x, **kwargs):\n    return x\n\n\n"
BEFORE = """\
class Summary(nn.Module):
    config: object

    def setup(self):
        self.summary = identity
        if hasattr(self.config, "classes") and self.config.classes > 0:
            classes = self.config.classes
            self.summary = nn.Dense(classes)

        self.dropout = identity
        if self.config.rate > 0:
            self.dropout = nn.Dropout(self.config.rate)
        self.last = nn.Dense(2)

    def __call__(self, x, deterministic: bool = True):
        x = self.dropout(x[:, 0], deterministic=deterministic)
        return self.last(self.summary(x))
"""
AFTER = """\
class Summary(nnx.Module):
    def __init__(self, in_features: int, config: object, *, rngs: nnx.Rngs):
        if hasattr(config, "classes") and config.classes > 0:
            classes = config.classes
            self.summary = nnx.Linear(in_features, classes, rngs=rngs)
        else:
            self.summary = identity
        if config.rate > 0:
            self.dropout = nnx.Dropout(config.rate, rngs=rngs)
        else:
            self.dropout = identity
        self.last = nnx.Linear(
            config.classes if hasattr(config, "classes") and config.classes > 0 else in_features,
            2,
            rngs=rngs,
        )

    def __call__(self, x, deterministic: bool = True):
        x = self.dropout(x[:, 0], deterministic=deterministic)
        return self.last(self.summary(x))
"""


def _calls() -> list[Call]:
    configs = [{"rate": 0.0}, {"rate": 0.5}, {"classes": 3, "rate": 0.5}, {"classes": 0, "rate": 0.0}]
    named = [{"config": SimpleNamespace(**each)} for each in configs]
    return [
        *(Call("Summary", (4,), given, (f32(2, 3, 4),)) for given in named),
        Call("Summary", (4,), named[1], (f32(2, 3, 4),), {"deterministic": False}),
    ]


def test_transformed() -> None:
    check_transformed(HEADER + IDENTITY + BEFORE, NNX_HEADER + IDENTITY + AFTER)


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
def test_computes_the_same(graph: bool) -> None:
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        check_equivalent(HEADER + IDENTITY + BEFORE, *_calls())


def test_on_the_other_side_as_it_is() -> None:
    before = BEFORE.replace("        self.dropout = identity\n", "").replace(
        "nn.Dropout(self.config.rate)\n",
        "nn.Dropout(self.config.rate)\n        else:\n            self.dropout = identity\n",
    )
    check_transformed(HEADER + IDENTITY + before, NNX_HEADER + IDENTITY + AFTER)


def _changed(old: str, new: str, more: str = IDENTITY) -> str:
    assert old in BEFORE
    return HEADER + more + BEFORE.replace(old, new)


REFUSED = (
    Refusal("asked-in-between", "MN101", _changed("        if hasattr", "        self.plain = self.summary is identity\n        if hasattr")),
    Refusal("a-function-of-its-own", "MN101", _changed("        self.summary = identity", "        same = lambda x: x\n        self.summary = same")),
    Refusal("bound-twice", "MN101", _changed("self.config", "self.config", IDENTITY + "if jax.device_count() > 1:\n    identity = jnp.sin\n\n\n")),
    Refusal("a-third-time", "MN101", _changed("        self.last", "        if self.config.rate > 2:\n            self.summary = nn.Dense(7)\n        self.last")),
    Refusal("no-function", "MN101", _changed("        self.summary = identity", "        self.summary = self.config")),
    Refusal("in-a-loop", "MN101", _changed("            self.summary = nn.Dense(classes)", "            for n in (1, 2):\n                self.summary = nn.Dense(n)")),
    Refusal("called-in-another-way", "MN101", _changed("deterministic=deterministic)", "deterministic)", IDENTITY.replace("**kwargs", "plain=True"))),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    check_refused(refusal.before, refusal.code)
