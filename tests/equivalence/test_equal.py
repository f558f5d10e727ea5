"""Pairs that are the same: rows marked "=" between flax.linen and flax.nnx, in every kind of call."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from flax import nnx
from migrate_norm.catalog.mapping import VariableMapping
from migrate_norm.equivalence import (
    InputSpec,
    Report,
    Verdict,
    assert_equivalent,
    check_equivalence,
    compare_models,
)

from .faults import EVAL, TRAIN, Counter, CounterTwin, Norm, X

R = nnx.Rngs(0)
IMAGE = InputSpec("float32", (2, 5, 5, 3))
IDS = InputSpec("int32", (7,))
MASK = {"mask": InputSpec("bool", (4, 6))}
PAIRS: dict[str, tuple[nn.Module, nnx.Module, tuple[Any, ...], dict[str, Any]]] = {
    "Dense": (nn.Dense(5), nnx.Linear(6, 5, rngs=R), (X,), {}),
    "Dense bf16": (nn.Dense(5, dtype=jnp.bfloat16), nnx.Linear(6, 5, dtype=jnp.bfloat16, rngs=R), (X,), {}),
    "DenseGeneral": (nn.DenseGeneral((2, 3)), nnx.LinearGeneral(6, (2, 3), rngs=R), (X,), {}),
    "Conv": (nn.Conv(4, (3, 3)), nnx.Conv(3, 4, (3, 3), rngs=R), (IMAGE,), {}),
    "Embed": (nn.Embed(5, 3), nnx.Embed(5, 3, rngs=R), (IDS,), {}),
    "LayerNorm masked": (nn.LayerNorm(), nnx.LayerNorm(6, rngs=R), (X,), MASK),
    "GroupNorm": (nn.GroupNorm(3), nnx.GroupNorm(6, 3, rngs=R), (X,), {}),
    "BatchNorm train": (nn.BatchNorm(), nnx.BatchNorm(6, rngs=R), (X,), TRAIN),
    "BatchNorm eval": (nn.BatchNorm(), nnx.BatchNorm(6, rngs=R), (X,), EVAL),
    "Dropout off": (nn.Dropout(0.5), nnx.Dropout(0.5, rngs=R), (X,), {"deterministic": True}),
    "PReLU": (nn.PReLU(), nnx.PReLU(), (X,), {}),
    "Counter": (Counter(), CounterTwin(lambda n: n + 1), (X,), {}),
}


@pytest.mark.parametrize("name", PAIRS)
def test_the_same_layer_is_bit_equal(name: str) -> None:
    linen, model, inputs, kwargs = PAIRS[name]
    report = check_equivalence(linen, model, *inputs, kwargs=kwargs, proof=False)
    assert report.verdict is Verdict.EQUAL
    assert report.bit_equal, str(report)
    assert report.closeness["output"].arrays >= 6
    assert not report.unseen or name == "BatchNorm train"


def test_another_order_of_summation_is_equal_within_budget() -> None:
    """flax.nnx contracts attention in another order; the key bias has a gradient of zero, so only noise."""
    model = nnx.MultiHeadAttention(2, 4, decode=False, rngs=R)
    report = check_equivalence(
        nn.MultiHeadDotProductAttention(2), model, InputSpec("float32", (2, 5, 4)), proof=False
    )
    assert report.equal, str(report)
    assert not report.bit_equal
    assert 0 < report.closeness["output"].worst.ulp <= report.budgets["float32"].values
    assert any("key/bias" in note for note in report.notes)


def test_a_hand_written_batch_norm_is_equal_in_both_modes() -> None:
    for kwargs in (TRAIN, EVAL):
        assert_equivalent(nn.BatchNorm(), Norm, X, kwargs=kwargs)


def test_the_callers_model_keeps_its_values() -> None:
    model = nnx.BatchNorm(6, rngs=nnx.Rngs(0))
    before = jax.tree.map(np.asarray, nnx.to_pure_dict(nnx.state(model)))
    check_equivalence(nn.BatchNorm(), model, X, kwargs=TRAIN)
    jax.tree.map(np.testing.assert_array_equal, before, nnx.to_pure_dict(nnx.state(model)))


def test_variables_given_are_those_of_the_first_sample() -> None:
    """With a variance of -1 every output is NaN, so the check has nothing finite in its only sample."""
    variables = nn.BatchNorm(use_running_average=True).init(jax.random.key(0), jnp.ones((4, 6)))
    variables["batch_stats"]["var"] = -jnp.ones(6)
    report = check_equivalence(
        nn.BatchNorm(), Norm, X, kwargs=EVAL, variables=variables, samples=2, steps=1, proof=False
    )
    assert report.equal
    with pytest.raises(Exception, match="nothing was compared"):
        check_equivalence(
            nn.BatchNorm(), Norm, X, kwargs=EVAL, variables=variables, samples=1, poison=False, proof=False
        )


def test_boxed_variables_and_explicit_mapping() -> None:
    init = nn.with_partitioning(nn.initializers.lecun_normal(), ("a", None))
    mapping = [
        VariableMapping("params", (name,), (f"proj_{name}",), "flax.nnx.Param") for name in ("kernel", "bias")
    ]
    report = check_equivalence(nn.Dense(6, kernel_init=init), Projection, X, mapping=mapping, proof=False)
    assert report.bit_equal
    assert report.leaves == {"params": 2}


class Projection(nnx.Module):
    def __init__(self) -> None:
        self.proj_kernel, self.proj_bias = nnx.Param(jnp.zeros((6, 6))), nnx.Param(jnp.zeros(6))

    def __call__(self, x: jax.Array) -> jax.Array:
        return x @ self.proj_kernel[...] + self.proj_bias


def test_another_method() -> None:
    queries = InputSpec("float32", (4, 3))
    report = check_equivalence(nn.Embed(5, 3), nnx.Embed(5, 3, rngs=R), queries, method="attend", proof=False)
    assert report.bit_equal


def test_models_with_their_own_values() -> None:
    linen, model = nn.Dense(6), nnx.Linear(6, 6, rngs=nnx.Rngs(0))
    variables = {"params": {"kernel": model.kernel[...], "bias": model.bias[...]}}
    report = compare_models(linen, variables, model, [X], proof=False)
    assert report.bit_equal
    assert report.closeness["leaf"].arrays == 2


def test_sown_values_are_left_out_and_the_report_says_so() -> None:
    class Sower(nn.Module):
        @nn.compact
        def __call__(self, x: jax.Array) -> jax.Array:
            self.sow("intermediates", "h", x)
            return nn.Dense(6, name="dense")(x)

    class Twin(nnx.Module):
        def __init__(self) -> None:
            self.dense = nnx.Linear(6, 6, rngs=R)

        def __call__(self, x: jax.Array) -> jax.Array:
            return self.dense(x)

    report = check_equivalence(Sower(), Twin, X, proof=False)
    assert report.bit_equal
    assert "intermediates" in str(report)


def test_the_report_as_data() -> None:
    report: Report = check_equivalence(
        nn.Dense(6), nnx.Linear(6, 6, rngs=R), X, samples=1, steps=1, proof=False
    )
    data = report.to_dict()
    assert (data["verdict"], data["equal"], data["bit_equal"]) == ("EQUAL", True, True)
    assert data["budgets"] == {"float32": {"values": 16, "gradients": 64, "noise": 4096}}
    assert data["leaves"] == {"params": 2}
