"""Variables that a function may make None: an NNX Variable holds None as well, and its value is read as a whole."""

import pytest

from .check import (
    NNX_HEADER,
    Call,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    load,
    migrate,
    refusals,
    run_in_tree_mode,
    with_header,
)

_BLOCK = """\
class Scores(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x, mask=None):
        n = x.shape[1]
        scores = nn.Dense(self.width)(x)
        if mask is not None:
            scores = jnp.reshape(scores, (-1, mask.shape[0], n, self.width)) + mask[..., None]
        return nn.Dense(3)(scores)


class Block(nn.Module):
    n: int

    def get_mask(self, n):
        if n > 1:
            mask = jnp.ones((2, n))
        else:
            mask = None
        return mask

    @nn.compact
    def __call__(self, x):
        mask = self.variable("masks", "mask", self.get_mask, self.n)
        return Scores(4)(x, mask.value)
"""
_AFTER = """\
class Scores(nnx.Module):
    def __init__(self, in_features: int, width: int, *, rngs: nnx.Rngs):
        self.width = width
        self.dense_0 = nnx.Linear(in_features, width, rngs=rngs)
        self.dense_1 = nnx.Linear(width, 3, rngs=rngs)

    def __call__(self, x, mask=None):
        n = x.shape[1]
        scores = self.dense_0(x)
        if mask is not None:
            scores = jnp.reshape(scores, (-1, mask.shape[0], n, self.width)) + mask[..., None]
        return self.dense_1(scores)


@nnx.register_variable_name("masks")
class Masks(nnx.Variable):
    \"\"\"Linen's collection `masks`.\"\"\"


class Block(nnx.Module):
    def __init__(self, in_features: int, n: int, *, rngs: nnx.Rngs):
        self.mask = Masks(self.get_mask(n))
        self.scores_0 = Scores(in_features, 4, rngs=rngs)

    def get_mask(self, n):
        if n > 1:
            mask = jnp.ones((2, n))
        else:
            mask = None
        return mask

    def __call__(self, x):
        return self.scores_0(x, self.mask.get_value())
"""
_SETUP = """\
def table(n):
    if n > 1:
        return jnp.ones((n,))
    return None


class L(nn.Module):
    n: int = 1

    def setup(self):
        self.kept = self.variable("masks", "kept", table, self.n)

    def __call__(self, x):
        return x if self.kept.value is None else x * self.kept.value
"""
_ONE, _OTHER = Call("Block", (5,), {"n": 3}, (f32(4, 3, 5),)), Call("Block", (5,), {"n": 1}, (f32(4, 1, 5),))


def _left(before: str) -> set[str]:
    """Says why the outer class stays, which has the inner one through a bridge."""
    text, file, _ = migrate(with_header(before))
    assert "class Block(nn.Module)" in text, text
    return {d.code for d in refusals(file) if d.subject == "Block"}


def test_the_value_is_read_as_a_whole() -> None:
    check_transformed(with_header(_BLOCK), with_header(_AFTER, NNX_HEADER))


@pytest.mark.parametrize("call", [_ONE, _OTHER], ids=["array", "None"])
def test_an_array_and_none_compute_the_same(call: Call) -> None:
    check_equivalent(with_header(_BLOCK), call)
    run_in_tree_mode(load(migrate(with_header(_BLOCK))[0]), call)


@pytest.mark.parametrize("n", [1, 3])
def test_one_that_setup_makes_computes_the_same(n: int) -> None:
    text, _, _ = migrate(with_header(_SETUP))
    assert "return x if self.kept.get_value() is None else x * self.kept.get_value()" in text, text
    check_equivalent(with_header(_SETUP), Call("L", (), {"n": n}, (f32(2, 3),)))


_ROUNDS = """


class Rounds(nn.Module):
    n: int

    @nn.compact
    def __call__(self, xs):
        blocks = nn.vmap(Block, variable_axes={"params": 0, "masks": 0}, split_rngs={"params": True}, axis_size=2)
        return blocks(self.n)(xs)
"""


@pytest.mark.parametrize("n", [1, 3])
def test_one_for_each_round_computes_the_same(n: int) -> None:
    before, call = with_header(_BLOCK + _ROUNDS), Call("Rounds", (5,), {"n": n}, (f32(2, 4, n, 5),))
    check_equivalent(before, call)
    run_in_tree_mode(load(migrate(before)[0]), call)


def test_the_sizes_of_the_array_are_known() -> None:
    before = with_header(_BLOCK).replace("Scores(4)(x, mask.value)", "nn.Dense(2)(mask.value)")
    text, _, _ = migrate(before)
    assert "return nn.Dense(2)(mask.value)" in text, text  # None has none
    sure = before.replace("            mask = None", "            mask = jnp.zeros((1, n))")
    text, _, _ = migrate(sure)
    assert "self.dense_0 = nnx.Linear(n, 2, rngs=rngs)" in text, text
    assert "self.dense_0(self.mask[...])" in text, text


@pytest.mark.parametrize(
    "statement",
    ["mask.value = mask.value + 1", "mask.value += 1"],
)
def test_one_that_is_written_is_refused(statement: str) -> None:
    before = _BLOCK.replace("        return Scores(4)", f"        {statement}\n        return Scores(4)")
    assert _left(before) == {"MN212"}


def test_one_whose_name_is_computed_is_refused() -> None:
    before = _BLOCK.replace('"mask", self', 'f"mask{self.n}", self')
    assert _left(before) == {"MN212"}


def test_a_parameter_is_refused() -> None:
    before = _SETUP.replace('self.variable("masks", "kept", table', 'self.param("kept", table')
    check_refused(with_header(before.replace(".value", "").replace("table(n)", "table(key, n)")), "MN212")
