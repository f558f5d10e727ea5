"""Named sizes: what they may look like, what samples take for them, and what a proof says of them."""

import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from flax import nnx
from migrate_norm.equivalence import EquivalenceError, InputSpec, check_equivalence
from migrate_norm.equivalence.inputs import arguments
from migrate_norm.equivalence.sizes import concrete, numbers

R = nnx.Rngs(0)


class Halves(nn.Module):
    """Needs an even number of rows."""

    @nn.compact
    def __call__(self, x):
        return nn.Dense(3, name="dense")(x.reshape(x.shape[0] // 2, 2, -1).sum(1))


class HalvesTwin(nnx.Module):
    def __init__(self):
        self.dense = nnx.Linear(6, 3, rngs=nnx.Rngs(0))

    def __call__(self, x):
        return self.dense(x.reshape(x.shape[0] // 2, 2, -1).sum(1))


class Flat(nn.Module):
    """Its kernel depends on the height."""

    @nn.compact
    def __call__(self, x):
        return nn.Dense(3, name="dense")(x.reshape(x.shape[0], -1))


class FlatTwin(nnx.Module):
    def __init__(self):
        self.dense = nnx.Linear(12, 3, rngs=nnx.Rngs(0))

    def __call__(self, x):
        return self.dense(x.reshape(x.shape[0], -1))


def spec(*shape):
    return InputSpec("float32", shape)


@pytest.mark.parametrize(
    ("shapes", "expected"),
    [
        pytest.param([("b", 3)], {"b": 4}, id="a default"),
        pytest.param([("b", "h", "w", 3)], {"b": 4, "h": 16, "w": 24}, id="no two alike"),
        pytest.param([("b=2", "h", 3)], {"b": 2, "h": 4}, id="a number of one's own"),
        pytest.param([("b", 3), ("b=7",)], {"b": 7}, id="a number in another input"),
        pytest.param([("b", "32*h", "32*w")], {"b": 4, "h": 2, "w": 3}, id="multiples are smaller"),
        pytest.param([("2*b=5",)], {"b": 5}, id="a number of a multiple"),
    ],
)
def test_numbers(shapes, expected):
    assert numbers(shapes) == expected


def test_shapes_of_samples():
    call = arguments([spec("2*b=5", "t=3", 6)], None)
    assert call.abstract()[0].shape == (10, 3, 6)
    assert concrete(("b", 2, "3*b"), {"b": 4}) == (4, 2, 12)


@pytest.mark.parametrize("size", ["", "b=0", "0*b", "b*2", "b=b", "-b", "b+1", "b c"])
def test_what_is_no_size(size):
    with pytest.raises(EquivalenceError, match="is no size"):
        spec(size, 3)


def test_two_numbers_for_one_name():
    with pytest.raises(EquivalenceError, match="the size b is given as 2 and as 3"):
        arguments([spec("b=2"), spec("b=3")], None)


def test_a_proof_for_every_size():
    report = check_equivalence(nn.LayerNorm(), nnx.LayerNorm(6, rngs=R), spec("b", "t", 6))
    assert report.proved
    assert report.proof.sizes == ("b", "t")
    assert not report.proof.only


def test_a_multiple_where_the_code_needs_one():
    report = check_equivalence(Halves(), HalvesTwin, spec("2*b", 6))
    assert report.proved
    assert report.proof.sizes == ("b",)


def test_the_batch_alone_where_the_rest_decides_on_leaves():
    report = check_equivalence(Flat(), FlatTwin, spec("b", "h=2", 6))
    assert report.proved
    assert report.proof.sizes == ("b",)
    assert report.proof.only.startswith("h=2; with symbolic sizes ")


def test_the_numbers_alone_where_code_looks_at_sizes():
    class Looks(nn.Module):
        @nn.compact
        def __call__(self, x):
            return nn.Dense(3, name="dense")(x) * np.sqrt(int(x.shape[0]))

    class LooksTwin(HalvesTwin):
        def __call__(self, x):
            return self.dense(x) * np.sqrt(int(x.shape[0]))

    report = check_equivalence(Looks(), LooksTwin, spec("b", 6))
    assert report.proved
    assert report.proof.sizes == ()
    assert report.proof.only.startswith("b=4; with symbolic sizes ")
    assert "only b=4" in str(report)


def test_a_difference_for_one_size_alone_is_not_proved_away():
    """Equal for every size but 4: the symbolic proof holds for sizes that compare like a symbol, the sample has 4."""

    class Odd(HalvesTwin):
        def __call__(self, x):
            y = self.dense(x)
            return y + 1 if x.shape[0] == 4 else y

    class Even(nn.Module):
        @nn.compact
        def __call__(self, x):
            return nn.Dense(3, name="dense")(x)

    generic = check_equivalence(Even(), Odd, spec("b", 6))
    assert "for which the code compares sizes as it does for symbolic ones" in str(generic)
    assert not check_equivalence(Even(), Odd, spec(4, 6)).equal


def test_samples_take_the_numbers():
    report = check_equivalence(nn.Dense(6), nnx.Linear(6, 6, rngs=R), spec("b=3", 6), proof=False)
    assert report.bit_equal
    drawn = arguments([spec("b=3", 6)], None).draw(np.random.default_rng(0), spread_of())
    assert drawn[0].shape == (3, 6)
    assert drawn[0].dtype == jnp.float32


def spread_of():
    from migrate_norm.equivalence.draw import spread

    return spread(0, 0)
