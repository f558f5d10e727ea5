# ruff: noqa: E501
"""Submodules that a compact method makes where an optional argument is given: NNX has them from the start."""

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
)

BLOCK = """\
class Block(nn.Module):
    width: int = 4

    @nn.compact
    def __call__(self, x, time=None, *, train: bool = False):
        y = nn.Dense(self.width)(x)
        if time is not None:
            time = nn.Dense(self.width)(nn.silu(time))
            y = y + nn.Dropout(0.0, deterministic=not train)(time)
        return nn.LayerNorm()(nn.Dense(self.width)(y))
"""
NET = """\


class Net(nn.Module):
    @nn.compact
    def __call__(self, x, time):
        for width in (4, 5):
            x = Block(width)(x, time)
        return nn.Dense(2)(x)
"""
NNX = """\
class Block(nnx.Module):
    def __init__(
        self,
        x_features: int,
        time_features: int,
        width: int = 4,
        *,
        rngs: nnx.Rngs,
    ):
        self.dense_0 = nnx.Linear(x_features, width, rngs=rngs)
        self.dense_1 = nnx.Linear(time_features, width, rngs=rngs)
        self.layer_norm_0 = nnx.LayerNorm(width, rngs=rngs)
        self.dense_2 = nnx.Linear(width, width, rngs=rngs)
        self.dropout_0 = nnx.Dropout(0.0, rngs=rngs)

    def __call__(self, x, time=None, *, train: bool = False):
        y = self.dense_0(x)
        if time is not None:
            time = self.dense_1(nnx.silu(time))
            y = y + self.dropout_0(time, deterministic=not train)
        return self.layer_norm_0(self.dense_2(y))


class Net(nnx.Module):
    def __init__(self, time_features: int, x_features: int, *, rngs: nnx.Rngs):
        self.block = nnx.List()
        for width in (4, 5):
            self.block.append(Block(x_features, time_features, width, rngs=rngs))
            x_features = width
        self.dense_0 = nnx.Linear(x_features, 2, rngs=rngs)

    def __call__(self, x, time):
        for block in self.block:
            x = block(x, time)
        return self.dense_0(x)
"""
_X, _TIME = f32(2, 6), f32(2, 3)


def test_transformed() -> None:
    check_transformed(HEADER + BLOCK + NET, NNX_HEADER + NNX)


def test_computes_the_same() -> None:
    block, net = Call("Block", (6, 3), {}, (_X, _TIME)), Call("Net", (3, 6), {}, (_X, _TIME))
    check_equivalent(HEADER + BLOCK + NET, block, net)


HALF = """\
class Half(nn.Module):
    width: int = 4

    @nn.compact
    def __call__(self, x, skip=None):
        x = nn.Dense(self.width)(x)
        return x + (nn.Dense(self.width)(skip) if skip is not None else 0)
"""
NNX_HALF = """\
class Half(nnx.Module):
    def __init__(
        self,
        x_features: int,
        skip_features: int,
        width: int = 4,
        *,
        rngs: nnx.Rngs,
    ):
        self.dense_0 = nnx.Linear(x_features, width, rngs=rngs)
        self.dense_1 = nnx.Linear(skip_features, width, rngs=rngs)

    def __call__(self, x, skip=None):
        x = self.dense_0(x)
        return x + (self.dense_1(skip) if skip is not None else 0)
"""


def test_a_half_of_a_choice() -> None:
    check_transformed(HEADER + HALF, NNX_HEADER + NNX_HALF)
    check_equivalent(HEADER + HALF, Call("Half", (6, 3), {}, (_X, _TIME)))


REFINED = """\
class Refined(nn.Module):
    width: int = 4
    depth: int = 2

    @nn.compact
    def __call__(self, x, skip=None):
        x = nn.Dense(self.width)(x)
        if skip is not None:
            x = jnp.concatenate([x, skip], -1)
            for _ in range(self.depth):
                x = nn.relu(nn.Dense(self.width)(x))
        return nn.LayerNorm()(x)
"""
NNX_REFINED = """\
class Refined(nnx.Module):
    def __init__(
        self,
        x_features: int,
        skip_features: int,
        width: int = 4,
        depth: int = 2,
        *,
        rngs: nnx.Rngs,
    ):
        self.dense_0 = nnx.Linear(x_features, width, rngs=rngs)
        self.dense = nnx.List()
        features = width + skip_features
        for _ in range(depth):
            self.dense.append(nnx.Linear(features, width, rngs=rngs))
            features = width
        self.layer_norm_0 = nnx.LayerNorm(features, rngs=rngs)

    def __call__(self, x, skip=None):
        x = self.dense_0(x)
        if skip is not None:
            x = jnp.concatenate([x, skip], -1)
            for dense in self.dense:
                x = nnx.relu(dense(x))
        return self.layer_norm_0(x)
"""


def test_a_loop_that_ends_with_the_size_that_there_is_without_it() -> None:
    check_transformed(HEADER + REFINED, NNX_HEADER + NNX_REFINED)
    each = Call("Refined", (6, 3), {}, (_X, _TIME)), Call("Refined", (6, 3), {"depth": 0}, (_X, _TIME))
    check_equivalent(HEADER + REFINED, *each)


def test_a_loop_that_ends_with_another_size_is_one_that_models_may_do_without() -> None:
    source = HEADER + REFINED.replace("nn.Dense(self.width)(x))", "nn.Dense(5)(x))")
    text, _, _ = migrate(source)
    assert "features if skip_features is not None else width, rngs=rngs" in text
    check_equivalent(source, Call("Refined", (6, 3), {}, (_X, _TIME)), Call("Refined", (6, None), {}, (_X,)))


def test_variables_of_a_model_that_was_not_given_it_do_not_fit() -> None:
    """Linen calls the second layer `Dense_1` then, which is the layer of `time` in NNX."""
    with pytest.raises(EquivalenceError, match="leaves"):
        check_equivalent(HEADER + BLOCK, Call("Block", (6, 3), {}, (_X,)))


def test_a_note_says_so() -> None:
    _, file, _ = migrate(HEADER + BLOCK)
    said = [d.message for d in file.diagnostics if d.code == "MN201"]
    assert len(said) == 1
    assert "`dense_1` from the start, whose variables Linen makes in the first call with `time`" in said[0]


def _net(*lines: str, given: str = "x, y=None, train=False") -> str:
    body = "".join(f"        {line}\n" for line in lines)
    return f"{HEADER}class L(nn.Module):\n    @nn.compact\n    def __call__(self, {given}):\n{body}"


_LINES = ("if y is not None:", "    x = x + nn.Dense(6)(y)")
REFUSED = [
    Refusal("a-module-for-either", "MN203", _net(*_LINES, "else:", "    x = nn.Dense(6)(x)", "return x")),
    Refusal("a-variable-of-its-own", "MN203", _net("if y is not None:", "    x = x + self.param('w', nn.initializers.ones, (6,))", "return x")),
    Refusal("with-a-mode", "MN203", _net("if y is not None and train:", "    x = x + nn.Dense(6)(y)", "return x")),
    Refusal("bound-before", "MN108", _net("y = y if train else None", *_LINES, "return x")),
    Refusal("an-early-return", "MN203", _net("if y is None:", "    return x", "return nn.Dense(6)(y)")),
]  # fmt: skip


def test_a_caller_of_what_setup_makes_that_does_not_give_it() -> None:
    """Nothing stands in for the argument: it must not be taken for its own replacement."""
    setup = "    def setup(self):\n        self.dense = nn.Dense(6)\n\n"
    called = "    def __call__(self, x, y=None):\n        if y is not None:\n            x = x + self.dense(y)\n        return x\n"
    parent = "\n\nclass P(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return L()(x)\n"
    source = f"{HEADER}class L(nn.Module):\n{setup}{called}{parent}"
    text, _, _ = migrate(source)
    assert "self.l_0 = L(None, rngs=rngs)" in text
    check_equivalent(source, Call("P", (), {}, (_X,)), Call("L", (3,), {}, (_X, _TIME)))


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(case.before, case.code)
