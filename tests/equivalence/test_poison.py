"""Every leaf is disturbed: what changes nothing is named, what changes only one side is a difference."""

import jax
import jax.numpy as jnp
from flax import linen as nn
from flax import nnx
from migrate_norm.equivalence import check_equivalence

from .faults import EVAL, TRAIN, Norm, X


class Unused(nn.Module):
    """Has a parameter and a statistic that nothing reads."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        self.param("spare", nn.initializers.ones, (6,))
        self.variable("batch_stats", "idle", jnp.zeros, (2,))
        return nn.Dense(6, name="dense")(x)


class UnusedTwin(nnx.Module):
    """The same; with `late`, it reads `spare` where that is large, as no random draw is."""

    def __init__(self, late: bool = False) -> None:
        self.spare, self.idle = nnx.Param(jnp.ones(6)), nnx.BatchStat(jnp.zeros(2))
        self.dense = nnx.Linear(6, 6, rngs=nnx.Rngs(0))
        self.late = late

    def __call__(self, x: jax.Array) -> jax.Array:
        out = self.dense(x)
        return out + jnp.maximum(abs(self.spare[...]) - 5.0, 0.0) if self.late else out


class Chooser(nn.Module):
    """An argmax hides small changes of the kernel."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return jax.nn.one_hot(jnp.argmax(nn.Dense(3, name="dense")(x), -1), 3)


class ChooserTwin(nnx.Module):
    def __init__(self) -> None:
        self.dense = nnx.Linear(6, 3, rngs=nnx.Rngs(0))

    def __call__(self, x: jax.Array) -> jax.Array:
        return jax.nn.one_hot(jnp.argmax(self.dense(x), -1), 3)


def test_leaves_that_nothing_reads_are_named() -> None:
    report = check_equivalence(Unused(), UnusedTwin, X, proof=False)
    assert report.equal
    assert set(report.unseen) == {"params spare", "batch_stats idle"}
    assert report.poisoned == 4
    assert "verification never saw leaf params spare" in str(report)


def test_a_leaf_that_only_nnx_reads_shows_when_disturbed() -> None:
    assert check_equivalence(Unused(), lambda: UnusedTwin(late=True), X, poison=False, proof=False).equal
    report = check_equivalence(Unused(), lambda: UnusedTwin(late=True), X, proof=False)
    assert not report.equal
    assert report.differences[0].stage == "with params spare disturbed"


def test_leaves_behind_an_argmax_are_seen() -> None:
    assert check_equivalence(Chooser(), ChooserTwin, X, proof=False).unseen == ()


def test_every_leaf_of_a_batch_norm_is_seen_in_both_modes() -> None:
    for kwargs in (TRAIN, EVAL):
        report = check_equivalence(nn.BatchNorm(), Norm, X, kwargs=kwargs, proof=False)
        assert (report.poisoned, report.unseen) == (4, ())


def test_without_poison_nothing_is_claimed() -> None:
    report = check_equivalence(Unused(), UnusedTwin, X, poison=False, proof=False)
    assert (report.poisoned, report.unseen) == (0, ())
    assert "poison" not in str(report)
