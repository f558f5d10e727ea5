"""Random draws: proved where both sides draw alike, told apart where they do not, replayed where that is not proved."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import pytest
from flax import linen as nn
from flax import nnx
from migrate_norm.equivalence import EquivalenceError, InputSpec, Verdict, check_equivalence

X = InputSpec("float32", (4, 6))


class Two(nn.Module):
    """Two masks on two tensors."""

    @nn.compact
    def __call__(self, x):
        y = nn.Dropout(0.5, deterministic=False)(x)
        return y + nn.Dropout(0.5, deterministic=False)(jnp.sin(x))


class TwoTwin(nnx.Module):
    def __init__(self, compute: Callable, *, same_key: bool = False):
        rngs = nnx.Rngs(dropout=0)
        self.first = nnx.Dropout(0.5, rngs=rngs)
        self.second = nnx.Dropout(0.5, rngs=nnx.Rngs(dropout=0) if same_key else rngs)
        self.compute = compute

    def __call__(self, x):
        return self.compute(x, self.first, self.second)


def right(x, first, second):
    y = first(x)
    return y + second(jnp.sin(x))


def later_first(x, first, second):
    y = second(jnp.sin(x))
    return first(x) + y


def wrong_tensor(x, first, second):
    return first(jnp.sin(x)) + second(jnp.sin(x))


def one_layer_twice(x, first, _):
    y = first(x)
    return y + first(jnp.sin(x))


def one_only(x, first, _):
    return first(x) + jnp.sin(x)


def same(x, first, _):
    key = first.rngs.key[...]
    keep = jax.random.bernoulli(key, 0.5, x.shape)
    y = jnp.where(keep, x / 0.5, 0.0)
    return y + jnp.where(keep, jnp.sin(x) / 0.5, 0.0)


@pytest.mark.parametrize("gradients", [True, False])
def test_two_masks_are_proved(gradients):
    report = check_equivalence(Two(), lambda: TwoTwin(right), X, gradients=gradients)
    assert report.proved
    assert (report.proof.draws, report.proof.keys) == (2, 2)
    assert "given equal random draws (2 from 2 keys)" in str(report)


def test_a_model_that_was_built_already():
    assert check_equivalence(Two(), TwoTwin(right), X).proved


def test_one_layer_that_is_called_twice_draws_twice():
    assert check_equivalence(Two(), lambda: TwoTwin(one_layer_twice), X).proved


def test_another_order_of_the_draws_is_found():
    assert check_equivalence(Two(), lambda: TwoTwin(later_first), X, gradients=False).proved


@pytest.mark.parametrize(
    ("compute", "options"),
    [
        pytest.param(right, {"same_key": True}, id="two streams with one key"),
        pytest.param(same, {}, id="a key used twice"),
        pytest.param(one_only, {}, id="a missing dropout"),
    ],
)
def test_keys_that_are_shared_otherwise(compute, options):
    report = check_equivalence(Two(), lambda: TwoTwin(compute, **options), X)
    assert report.verdict is Verdict.DIFFERENT
    assert report.differences[0].place == "random draws"
    assert "2 draws from 2 keys" in str(report)


def test_dropout_on_the_wrong_tensor_is_seen_with_the_same_masks():
    report = check_equivalence(Two(), lambda: TwoTwin(wrong_tensor), X)
    assert report.verdict is Verdict.DIFFERENT
    assert report.differences[0].place == "output"
    assert "the samples take the same random numbers on both sides" in str(report)
    assert report.proof.parting.nnx.line.startswith("flax/nnx/nn/stochastic.py:")


def test_another_rounding_is_equal_with_the_same_masks():
    """Twice a half is not the same operation, but the same number."""

    def halves(x, first, second):
        y = first(x)
        return (y * 3.0) / 3.0 + second(jnp.sin(x))

    report = check_equivalence(Two(), lambda: TwoTwin(halves), X)
    assert report.verdict in (Verdict.EQUAL, Verdict.REASSOCIATED)
    assert report.samples == 2


def test_a_rate_of_another_size():
    class Other(TwoTwin):
        def __init__(self):
            super().__init__(right)
            self.second = nnx.Dropout(0.25, rngs=nnx.Rngs(dropout=1))

    assert check_equivalence(Two(), Other, X).verdict is Verdict.DIFFERENT


class Noise(nn.Module):
    """Noise of a key that is an argument, and of a variable."""

    @nn.compact
    def __call__(self, x, key):
        own = self.variable("cache", "key", lambda: jax.random.key(0))
        return x + jax.random.normal(key, x.shape) + 2 * jax.random.normal(own.value, x.shape)


class NoiseTwin(nnx.Module):
    def __init__(self, *, swap: bool = False):
        self.key, self.swap = nnx.Cache(jax.random.key(0)), swap

    def __call__(self, x, key):
        own = self.key.get_value()
        key, own = (own, key) if self.swap else (key, own)
        return x + jax.random.normal(key, x.shape) + 2 * jax.random.normal(own, x.shape)


def test_keys_that_both_sides_are_given_have_to_be_the_same():
    key = jax.random.key(3)
    assert check_equivalence(Noise(), NoiseTwin, X, key).proved
    report = check_equivalence(Noise(), lambda: NoiseTwin(swap=True), X, key)
    assert report.verdict is Verdict.DIFFERENT


class Layer(nn.Module):
    @nn.compact
    def __call__(self, x, _):
        return nn.Dropout(0.5, deterministic=False)(nn.Dense(6, name="dense")(x)), None


def scanned(split: bool) -> nn.Module:
    class Stack(nn.Module):
        @nn.compact
        def __call__(self, x):
            layers = nn.scan(
                Layer, variable_axes={"params": 0}, split_rngs={"params": True, "dropout": split}, length=3
            )
            return layers(name="layers")(x, None)[0]

    return Stack()


class LayerTwin(nnx.Module):
    def __init__(self, rngs):
        self.dense, self.dropout = nnx.Linear(6, 6, rngs=rngs), nnx.Dropout(0.5, rngs=rngs)

    def __call__(self, x):
        return self.dropout(self.dense(x))


class StackTwin(nnx.Module):
    def __init__(self, *, split: bool = True):
        rngs = nnx.Rngs(0)

        @nnx.split_rngs(splits=3)
        @nnx.vmap(in_axes=0, out_axes=0)
        def build(rngs):
            return LayerTwin(rngs)

        self.layers = build(rngs)
        if not split:
            key = self.layers.dropout.rngs.key
            key.set_value(jnp.broadcast_to(key.get_value()[:1], (3,)))

    def __call__(self, x):
        @nnx.scan(in_axes=(0, nnx.Carry), out_axes=nnx.Carry)
        def forward(layer, x):
            return layer(x)

        return forward(self.layers, x)


def test_a_key_of_its_own_for_every_turn_of_a_scan():
    assert check_equivalence(scanned(True), StackTwin, X).proved


def test_one_key_for_all_turns_is_another_thing():
    """Samples cannot tell: draws inside of a scan are not replayed."""
    for linen, model in ((scanned(False), StackTwin), (scanned(True), lambda: StackTwin(split=False))):
        with pytest.raises(EquivalenceError, match="drawn inside of `scan`"):
            check_equivalence(linen, model, X)


def test_one_key_for_all_turns_on_both_sides():
    assert check_equivalence(scanned(False), lambda: StackTwin(split=False), X).proved


class Held(nn.Module):
    """A draw from a key, and an array: fields, no variables."""

    key: jax.Array
    mask: jax.Array

    def __call__(self, x):
        return jnp.sin(x) * self.mask + jax.random.normal(self.key, x.shape)


class HeldTwin(nnx.Module):
    def __init__(self, key, mask, rewritten=False):
        self.key, self.mask, self.rewritten = nnx.data(key), nnx.data(mask), rewritten

    def __call__(self, x):
        shown = 2 * jnp.sin(x / 2) * jnp.cos(x / 2) if self.rewritten else jnp.sin(x)
        return shown * self.mask + jax.random.normal(self.key, x.shape)


MASK, KEY = jnp.arange(6.0), jax.random.key(3)


def held(twin):
    return check_equivalence(Held(KEY, MASK), twin, X)


def test_a_key_and_an_array_that_are_no_variables_are_proved():
    assert held(lambda: HeldTwin(KEY, MASK)).proved
    assert held(HeldTwin(KEY, MASK)).proved


def test_they_are_there_where_draws_are_replayed():
    report = held(lambda: HeldTwin(KEY, MASK, rewritten=True))
    assert report.verdict is Verdict.EQUAL, report
    assert held(lambda: HeldTwin(KEY, 2 * MASK, rewritten=True)).verdict is Verdict.DIFFERENT


def test_another_array_is_another_thing():
    assert held(lambda: HeldTwin(KEY, 2 * MASK)).verdict is Verdict.DIFFERENT


def test_so_is_another_key_wherever_it_is_made():
    assert held(lambda: HeldTwin(jax.random.key(3), MASK)).equal
    assert held(lambda: HeldTwin(jax.random.key(4), MASK)).verdict is Verdict.DIFFERENT
    assert held(HeldTwin(jax.random.key(4), MASK)).verdict is Verdict.DIFFERENT
