"""A Linen scan against layers that are written out: stacked variables are taken apart, the scan is its turns."""

import jax
import jax.numpy as jnp
import pytest
from flax import linen as nn
from flax import nnx
from migrate_norm.equivalence import EquivalenceError, InputSpec, Verdict, check_equivalence

X = InputSpec("float32", ("b", 6))


class Layer(nn.Module):
    @nn.compact
    def __call__(self, x, _):
        y = nn.gelu(nn.Dense(8)(nn.LayerNorm()(x)))
        return x + nn.Dense(6)(y), None


class Stack(nn.Module):
    axis: int = 0

    @nn.compact
    def __call__(self, x):
        axes = {"params": self.axis}
        layers = nn.scan(Layer, variable_axes=axes, split_rngs={"params": True}, length=3)
        return layers(name="layers")(x, None)[0]


class LayerTwin(nnx.Module):
    def __init__(self, rngs):
        self.layer_norm_0 = nnx.LayerNorm(6, rngs=rngs)
        self.dense_0, self.dense_1 = nnx.Linear(6, 8, rngs=rngs), nnx.Linear(8, 6, rngs=rngs)

    def __call__(self, x):
        return x + self.dense_1(nnx.gelu(self.dense_0(self.layer_norm_0(x))))


class ListTwin(nnx.Module):
    def __init__(self, order=(0, 1, 2)):
        rngs = nnx.Rngs(0)
        self.layers = nnx.List([LayerTwin(rngs) for _ in range(3)])
        self.order = order

    def __call__(self, x):
        for i in self.order:
            x = self.layers[i](x)
        return x


class Cumulative(nn.Module):
    """A scan over time, which the twin writes out."""

    @nn.compact
    def __call__(self, x):
        def turn(dense, carry, row):
            carry = jnp.tanh(dense(carry) + row)
            return carry, carry * 2

        scanned = nn.scan(
            turn, variable_broadcast="params", split_rngs={"params": False}, in_axes=1, out_axes=1
        )
        return scanned(nn.Dense(6, name="dense"), x[:, 0], x)


class CumulativeTwin(nnx.Module):
    def __init__(self):
        self.dense = nnx.Linear(6, 6, rngs=nnx.Rngs(0))

    def __call__(self, x):
        carry, rows = x[:, 0], []
        for i in range(x.shape[1]):
            carry = jnp.tanh(self.dense(carry) + x[:, i])
            rows.append(carry * 2)
        return carry, jnp.stack(rows, 1)


@pytest.mark.parametrize("axis", [0, 1])
def test_layers_in_a_list(axis):
    report = check_equivalence(Stack(axis), ListTwin, X, unroll=True)
    assert report.verdict in (Verdict.PROVED, Verdict.REASSOCIATED), str(report)
    assert report.leaves == {"params": 18}


def test_samples_see_the_same():
    report = check_equivalence(Stack(), ListTwin, X, unroll=True, proof=False)
    assert report.equal
    assert report.poisoned == 18


def test_layers_in_another_order_are_different():
    report = check_equivalence(Stack(), lambda: ListTwin((0, 2, 1)), X, unroll=True)
    assert report.verdict is Verdict.DIFFERENT
    assert "kernel[1]" in str(report.proof.parting) + str(report.differences)


def test_values_that_are_given_are_taken_apart():
    variables = Stack().init(jax.random.key(0), jnp.ones((2, 6)))
    report = check_equivalence(Stack(), ListTwin, X, variables=variables, unroll=True, proof=False, samples=1)
    assert report.equal


def test_without_asking_the_refusal_says_how_to():
    with pytest.raises(EquivalenceError, match=r"--unroll, compares the layers that nn\.scan stacks"):
        check_equivalence(Stack(), ListTwin, X)


def test_a_scan_over_time_that_is_written_out():
    spec = InputSpec("float32", (2, 4, 6))
    assert not check_equivalence(Cumulative(), CumulativeTwin, spec, gradients=False).proved
    assert check_equivalence(Cumulative(), CumulativeTwin, spec, gradients=False, unroll=True).proved
