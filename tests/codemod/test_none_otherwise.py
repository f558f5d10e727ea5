# ruff: noqa: E501
"""Modules that setup makes on one side of a condition, with None in their place on the other."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    changed,
    check_equivalent,
    check_transformed,
    f32,
    migrate,
    name_of,
    refusals,
)

POOLED = """\
class Model(nn.Module):
    width: int = 4
    pools: bool = True

    def setup(self):
        self.first = nn.Dense(self.width)
        if self.pools:
            self.pooler = nn.Dense(3, name="pool")
            self.activation = nn.tanh
        else:
            # nothing to pool
            self.pooler = None
            self.activation = None

    def __call__(self, x):
        x = self.first(x)
        if self.pools:
            pooled = self.activation(self.pooler(x[:, 0]))
        else:
            pooled = None
        return x, pooled
"""
NNX_POOLED = """\
class Model(nnx.Module):
    def __init__(
        self,
        in_features: int,
        width: int = 4,
        pools: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        self.pools = pools
        self.first = nnx.Linear(in_features, width, rngs=rngs)
        if pools:
            self.pooler = nnx.Linear(width, 3, rngs=rngs)
            self.activation = nnx.tanh
        else:
            # nothing to pool
            self.pooler = None
            self.activation = None

    def __call__(self, x):
        x = self.first(x)
        if self.pools:
            pooled = self.activation(self.pooler(x[:, 0]))
        else:
            pooled = None
        return x, pooled
"""


def _pooled(*changes: tuple[str, str]) -> str:
    return HEADER + changed(POOLED, *changes)


_NONE = "            self.pooler = None\n"
_ASKS = (
    "        if self.pools:\n            pooled",
    "        if self.pooler is not None:\n            pooled",
)
_CALLS = [Call("Model", (6,), {"pools": pools}, (f32(2, 5, 6),)) for pools in (True, False)]


def test_transformed() -> None:
    check_transformed(HEADER + POOLED, NNX_HEADER + NNX_POOLED)


_ALONE = ("            self.activation = None\n", "")
_ON_ONE_LINE = (
    "        else:\n            # nothing to pool\n            self.pooler = None\n            self.activation = None\n",
    "        else: self.activation = None; self.pooler = None\n",
)


@pytest.mark.parametrize("changes", [(), (_ASKS,), (_ALONE,), (_ON_ONE_LINE,)])
def test_computes_the_same(changes: tuple[tuple[str, str], ...]) -> None:
    check_equivalent(_pooled(*changes), *_CALLS)


BOTH = """\
class Model(nn.Module):
    width: int = 4
    projects: bool = True

    def setup(self):
        if self.projects:
            # down
            self.proj = nn.Dense(self.width)
            self.norm = nn.LayerNorm()
        else:
            self.proj = self.norm = None
        self.last = nn.Dense(3, name=f"tail")

    def __call__(self, x):
        y = self.last(x)
        if self.proj is not None and self.norm is not None:
            x = self.norm(self.proj(x))
        return x, y
"""
NNX_BOTH = """\
class Model(nnx.Module):
    def __init__(
        self,
        in_features: int,
        width: int = 4,
        projects: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        if projects:
            # down
            self.proj = nnx.Linear(in_features, width, rngs=rngs)
            self.norm = nnx.LayerNorm(width, rngs=rngs)
        else:
            self.proj = None
            self.norm = None
        self.last = nnx.Linear(in_features, 3, rngs=rngs)

    def __call__(self, x):
        y = self.last(x)
        if self.proj is not None and self.norm is not None:
            x = self.norm(self.proj(x))
        return x, y
"""


def test_two_of_one_condition() -> None:
    check_transformed(HEADER + BOTH, NNX_HEADER + NNX_BOTH)
    calls = [Call("Model", (6,), {"projects": projects}, (f32(2, 6),)) for projects in (True, False)]
    check_equivalent(HEADER + BOTH, *calls)


_APART = (
    "            self.norm = nn.LayerNorm()\n        else:\n            self.proj = self.norm = None",
    "        else:\n            self.proj = None\n        if self.width > 3:\n            self.norm = nn.LayerNorm()\n        else:\n            self.norm = None",
)


def test_two_of_two_conditions_do_not_tell_of_each_other() -> None:
    text, file, _ = migrate(HEADER + BOTH.replace(*_APART))
    assert "class Model(nn.Module)" in text
    assert {d.code for d in refusals(file)} == {"MN201"}, file.diagnostics


REFUSED = (
    Refusal("something-else", "MN101", _pooled((_NONE, "            self.pooler = nn.tanh\n"))),
    Refusal("twice", "MN101", _pooled((_NONE, 2 * _NONE))),
    Refusal("behind-it", "MN101", _pooled((_NONE, ""), ("    def __call__", "        self.pooler = None\n\n    def __call__"))),
    Refusal("called-on-the-other-side", "MN201", _pooled(("if self.pools:\n            pooled", "if not self.pools:\n            pooled"))),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file)}, f"{file.diagnostics}\n{text}"
    assert "class Model(nn.Module)" in text
