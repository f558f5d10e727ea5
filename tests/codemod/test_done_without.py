# ruff: noqa: E501
"""Submodules that a compact method makes where an optional argument is missing: NNX has them from the start."""

import pytest
from migrate_norm.equivalence import EquivalenceError

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    migrate,
    name_of,
    refusals,
)

NET = """\
class Net(nn.Module):
    width: int = 4

    @nn.compact
    def __call__(self, x, embedded=None):
        if embedded is None:
            embedded = nn.Dense(self.width)(x)
        embedded = embedded + nn.Dense(self.width)(x)
        return nn.Dense(2)(embedded)
"""
HEAD = """\


class Head(nn.Module):
    @nn.compact
    def __call__(self, x, embedded=None):
        return nn.Dense(3)(Net(5)(x, embedded))
"""
NNX = """\
class Net(nnx.Module):
    def __init__(self, in_features: int, width: int = 4, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, width, rngs=rngs)
        self.dense_1 = nnx.Linear(in_features, width, rngs=rngs)
        self.dense_2 = nnx.Linear(width, 2, rngs=rngs)

    def __call__(self, x, embedded=None):
        if embedded is None:
            embedded = self.dense_0(x)
        embedded = embedded + self.dense_1(x)
        return self.dense_2(embedded)


class Head(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(2, 3, rngs=rngs)
        self.net_0 = Net(in_features, 5, rngs=rngs)

    def __call__(self, x, embedded=None):
        return self.dense_0(self.net_0(x, embedded))
"""
_X, _EMBEDDED = f32(2, 6), f32(2, 4)


def test_transformed() -> None:
    check_transformed(HEADER + NET + HEAD, NNX_HEADER + NNX)


def test_computes_the_same() -> None:
    check_equivalent(HEADER + NET + HEAD, Call("Net", (6,), {}, (_X,)), Call("Head", (6,), {}, (_X,)))


def test_variables_of_a_model_that_was_given_it_do_not_fit() -> None:
    with pytest.raises(EquivalenceError, match="leaves"):
        check_equivalent(HEADER + NET, Call("Net", (6,), {}, (_X, _EMBEDDED)))


def test_a_note_says_so() -> None:
    _, file, _ = migrate(HEADER + NET)
    said = [d.message for d in file.diagnostics if d.code == "MN201"]
    assert len(said) == 1
    assert (
        "`dense_0` from the start, whose variables Linen makes in the first call without `embedded`"
        in said[0]
    )


def test_a_half_of_a_choice() -> None:
    half = "class Half(nn.Module):\n    @nn.compact\n    def __call__(self, x, y=None):\n        return x + (nn.Dense(6)(x) if y is None else y)\n"
    check_equivalent(HEADER + half, Call("Half", (6,), {}, (_X,)))


def test_on_one_line() -> None:
    line = "class Line(nn.Module):\n    @nn.compact\n    def __call__(self, x, y=None):\n        if y is None: y = nn.Dense(6)(x)\n        return x + y\n"
    check_equivalent(HEADER + line, Call("Line", (6,), {}, (_X,)))


def _parent(call: str, given: str = "x, y") -> str:
    return (
        f"\n\nclass P(nn.Module):\n    @nn.compact\n    def __call__(self, {given}):\n        return {call}\n"
    )


GIVEN = {
    "by-place": HEADER + NET + _parent("Net()(x, y)"),
    "by-name": HEADER + NET + _parent("Net()(x, embedded=y)"),
    "what-it-computes": HEADER + NET + _parent("Net()(x, nn.relu(y))"),
    "by-way-of-another-class": HEADER + NET + HEAD + _parent("Head()(x, y)"),
    "on-a-condition": HEADER + NET + _parent("Net()(x, y if y.shape[0] > 1 else None)"),
}


@pytest.mark.parametrize("source", GIVEN.values(), ids=GIVEN)
def test_who_gives_it_stays(source: str) -> None:
    """Linen's init makes no such layer there; NNX would have one."""
    _, file, _ = migrate(source)
    (refusal,) = [d.message for d in refusals(file) if d.code == "MN203"]
    assert "where `embedded` is missing, and here it is given" in refusal


def test_who_leaves_it_out() -> None:
    check_equivalent(HEADER + NET + _parent("Net()(x)", "x"), Call("P", (6,), {}, (_X,)))
    check_equivalent(HEADER + NET + _parent("Net()(x, None)", "x"), Call("P", (6,), {}, (_X,)))


def _net(*lines: str, given: str = "x, y=None, train=False") -> str:
    body = "".join(f"        {line}\n" for line in lines)
    return f"{HEADER}class L(nn.Module):\n    @nn.compact\n    def __call__(self, {given}):\n{body}"


_LINES = ("if y is None:", "    y = nn.Dense(6)(x)")
REFUSED = [
    Refusal("a-module-for-either", "MN203", _net(*_LINES, "else:", "    y = nn.Dense(6)(y)", "return y")),
    Refusal("a-module-for-either-apart", "MN203", _net("if y is not None:", "    x = x + nn.Dense(6)(y)", "if y is None:", "    x = x + nn.Dense(6)(x)", "return x")),
    Refusal("a-variable-of-its-own", "MN203", _net("if y is None:", "    y = self.param('w', nn.initializers.ones, (6,))", "return x + y")),
    Refusal("with-a-mode", "MN203", _net("if y is None and train:", "    x = nn.Dense(6)(x)", "return x")),
    Refusal("an-argument-that-is-no-option", "MN203", _net(*_LINES, "return y", given="x, y")),
    Refusal("bound-before", "MN203", _net("y = y if train else None", *_LINES, "return y")),
    Refusal("bound-in-an-earlier-round", "MN202", _net("for _ in range(2):", "    if y is None:", "        y = nn.Dense(6)(x)", "return y")),
    Refusal("bound-in-passing", "MN203", _net("z = (y := x if train else None)", *_LINES, "return y + z")),
    Refusal("behind-elif", "MN203", _net("if train:", "    pass", "elif y is None:", "    x = nn.Dense(6)(x)", "return x")),
    Refusal("with-it-behind-elif", "MN203", _net("if train:", "    pass", "elif y is not None:", "    x = x + nn.Dense(6)(y)", "return x")),
    Refusal("another-size-behind-it", "MN108", _net("if y is None:", "    x = nn.Dense(5)(x)", "return nn.Dense(3)(x)")),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(case.before, case.code)
