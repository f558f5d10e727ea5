"""What cannot be compared is refused in one message that says why: no verdict, no other exception."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from flax import nnx
from migrate_norm.equivalence import EquivalenceError, InputSpec, check_equivalence, compare_models

from .faults import Linear, X

R = nnx.Rngs(0)
DENSE = nn.Dense(6)
NORM = nn.BatchNorm(use_running_average=True)


class Branch(nn.Module):
    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return nn.Dense(6)(x) if x.sum() > 0 else x


class Loop(nn.Module):
    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        kernel = self.param("kernel", nn.initializers.ones, (6, 6))
        bias = self.param("bias", nn.initializers.ones, (6,))
        return jax.lax.while_loop(lambda c: (c**2).sum() < 1.0, lambda c: c @ kernel + bias, x)


class Unregistered(nnx.Variable):
    """Flax knows no collection for this type."""


def stray(variable: type[nnx.Variable]) -> Callable[[], nnx.Module]:
    def build() -> nnx.Module:
        model = nnx.BatchNorm(6, rngs=nnx.Rngs(0))
        model.mean = variable(jnp.zeros(6))
        return model

    return build


def square(compute: Callable[..., object]) -> Callable[[], nnx.Module]:
    return lambda: Linear(compute)


BRANCHING = square(lambda x, w, b: x @ w + b if x.sum() > 0 else x)
EXITING = square(lambda *_: exit(0))
CALLS: dict[str, tuple[Callable[[], object], str]] = {
    "linen is a class": (lambda: check_equivalence(nn.Dense, nnx.Linear(6, 6, rngs=R), X), "not an instance"),
    "linen is an nnx module": (
        lambda: check_equivalence(nnx.Linear(6, 6, rngs=R), DENSE, X),
        "flax.linen.Module",
    ),
    "nnx is a number": (lambda: check_equivalence(DENSE, lambda: 3, X), "builds one; got int"),
    "nnx cannot be built": (lambda: check_equivalence(DENSE, lambda: nnx.Linear(6, 6), X), "'rngs'"),
    "too many arguments": (
        lambda: check_equivalence(DENSE, square(jnp.add), X, X),
        r"Dense.init failed: TypeError",
    ),
    "linen does not trace": (
        lambda: check_equivalence(Branch(), BRANCHING, X),
        "Linen Branch.init failed: Tracer",
    ),
    "nnx does not trace": (
        lambda: check_equivalence(DENSE, BRANCHING, X),
        "NNX side cannot be run under jit: Tracer",
    ),
    "nnx exits": (
        lambda: check_equivalence(DENSE, EXITING, X),
        "NNX side cannot be run under jit: SystemExit",
    ),
    "no gradient": (
        lambda: check_equivalence(Loop(), square(lambda x, *_: x), X),
        r"Linen side cannot be differ.*gradients=F",
    ),
    "no such method": (lambda: check_equivalence(DENSE, square(jnp.dot), X, method="attend"), "no attribute"),
    "missing leaf": (
        lambda: check_equivalence(DENSE, nnx.Linear(6, 6, use_bias=False, rngs=R), X),
        "bias float32",
    ),
    "other shape": (
        lambda: check_equivalence(DENSE, nnx.Linear(6, 5, rngs=R), X),
        r"\(6, 6\) is not \(6, 5\)",
    ),
    "other collection": (
        lambda: check_equivalence(NORM, stray(nnx.Cache), X),
        "batch_stats is not cache",
    ),
    "unknown collection": (
        lambda: check_equivalence(NORM, stray(Unregistered), X),
        "not Unregistered",
    ),
    "linen draws, and only samples": (
        lambda: check_equivalence(
            nn.Dropout(0.5), nnx.Dropout(0.5, rngs=R), X, kwargs={"deterministic": False}, proof=False
        ),
        "deterministic=True",
    ),
    "nnx draws, and only samples": (
        lambda: check_equivalence(
            nn.Dropout(0.0, deterministic=False), nnx.Dropout(0.5, rngs=nnx.Rngs(0)), X, proof=False
        ),
        "the NNX side draws random numbers",
    ),
    "shapes for values": (
        lambda: compare_models(
            DENSE,
            {"params": {"kernel": np.ones((6, 6), np.float32), "bias": np.ones(6, np.float32)}},
            nnx.eval_shape(lambda: nnx.Linear(6, 6, rngs=nnx.Rngs(0))),
            [X],
        ),
        "holds shapes, not values",
    ),
    "variables are no dict": (lambda: check_equivalence(DENSE, square(jnp.dot), X, variables=3), "not int"),
    "64 bits without x64": (lambda: InputSpec("float64", (2,)), "JAX_ENABLE_X64"),
    "unknown dtype": (lambda: InputSpec("float33", (2,)), "'float33' is no dtype"),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_clear_refusal(name: str) -> None:
    call, message = CALLS[name]
    with pytest.raises(EquivalenceError, match=message):
        call()


def test_outputs_that_are_never_finite_are_no_evidence() -> None:
    class Nan(nn.Module):
        @nn.compact
        def __call__(self, x: jax.Array) -> jax.Array:
            return nn.Dense(6)(x) * jnp.nan

    class Twin(nnx.Module):
        def __init__(self) -> None:
            self.dense_0 = nnx.Linear(6, 6, rngs=R)

        def __call__(self, x: jax.Array) -> jax.Array:
            return self.dense_0(x) * 2 * jnp.nan

    with pytest.raises(EquivalenceError, match="nothing was compared"):
        check_equivalence(Nan(), Twin, X, gradients=False)


def test_samples_and_steps_count_from_one() -> None:
    model = nnx.Linear(6, 6, rngs=R)
    with pytest.raises(ValueError, match="samples must be 1 or more and steps 1 or more, not 0 and 3"):
        check_equivalence(DENSE, model, X, samples=0, proof=False)
    with pytest.raises(ValueError, match="samples must be 0 or more and steps 1 or more, not 2 and 0"):
        check_equivalence(DENSE, model, X, steps=0)
