"""No mutant that computes something else is proved; `benchmarks/equivalence.py` hunts through thousands."""

import pytest
from migrate_norm.equivalence.proof import Level
from migrate_norm.equivalence.proof.prove import _compare

from . import mutants
from .hunt import hunt
from .pairs import PAIRS, programs


@pytest.mark.parametrize("name", PAIRS)
def test_the_pair_itself_is_proved(name: str) -> None:
    for gradients in (False, True):
        attempt = _compare(*programs(name, gradients=gradients))
        assert attempt.proof.level is Level.EXACT, str(attempt.proof.parting)


@pytest.mark.parametrize("gradients", [False, True], ids=["forward", "gradients"])
@pytest.mark.parametrize("name", PAIRS)
def test_no_mutant_is_proved_that_computes_something_else(name: str, gradients: bool) -> None:
    found = list(hunt(name, 12, seed=gradients, gradients=gradients))
    assert len(found) == 12
    assert not [str(mutant.jaxpr) for mutant in found if not mutant.sound]
    assert any(mutant.level is Level.NOTHING for mutant in found)


def test_the_hunt_would_see_a_false_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """A prover that takes everything for equal is caught."""
    from migrate_norm.equivalence.proof.forms import Forms

    monkeypatch.setattr(Forms, "parted", lambda _: [])
    assert any(not mutant.sound for mutant in hunt("square Dense", 12, seed=1, gradients=True))


def test_bits_and_closeness() -> None:
    import numpy as np

    zero, minus = [np.float32([0.0, np.nan])], [np.float32([-0.0, np.nan])]
    assert mutants.same_bits(zero, zero)
    assert not mutants.same_bits(zero, minus)
    assert mutants.close(zero, minus)
    assert not mutants.close([np.float32([1.0])], [np.float32([1.1])])
