"""The hunt for a mutant that is proved though it computes something else; `count` is what came of it."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from migrate_norm.equivalence.proof import Level
from migrate_norm.equivalence.proof.prove import _compare

from . import mutants
from .pairs import PAIRS, programs

OUTCOMES = {
    Level.EXACT: "proved, and the same in every bit",
    Level.REASSOCIATED: "proved up to re-association, and close",
    Level.NOTHING: "not proved",
}


class Mutant(NamedTuple):
    """A mutant of one side of a pair, how much was proved of it, and whether running it agrees with that."""

    pair: str
    jaxpr: Any
    level: Level
    sound: bool


def hunt(name: str, number: int, seed: int, *, gradients: bool) -> Iterator[Mutant]:
    """Yields so many mutants of the NNX side of a pair, held against the Linen side."""
    rng = np.random.default_rng((seed, sorted(PAIRS).index(name)))
    both, linen, nnx = programs(name, gradients=gradients)
    inputs = [dict(zip(linen.inputs, row, strict=True)) for row in mutants.values(linen, rng)]
    expected: list[Any] = []
    for mutant in islice(mutants.mutants(nnx.jaxpr, rng), number):
        level = _compare(both, linen, nnx._replace(jaxpr=mutant)).proof.level
        sound = True
        if level is not Level.NOTHING:
            expected = expected or [mutants.evaluate(linen.jaxpr, list(row.values())) for row in inputs]
            order = [list(linen.results).index(place) for place in nnx.results if place in linen.results]
            agree = mutants.same_bits if level is Level.EXACT else mutants.close
            for row, want in zip(inputs, expected, strict=True):
                given = [_given(row, key, mutant, i) for i, key in enumerate(nnx.inputs)]
                sound &= agree([want[i] for i in order], mutants.evaluate(mutant, given, len(order)))
        yield Mutant(name, mutant, level, sound)


def _given(row: dict[Any, Any], key: Any, jaxpr: Any, index: int) -> Any:
    import jax
    import jax.numpy as jnp

    if key in row and key[0] != "hidden":
        return row[key]
    aval = jaxpr.in_avals[index]
    if jnp.issubdtype(aval.dtype, jax.dtypes.prng_key):
        return jax.random.split(jax.random.key(0), aval.shape)
    return jnp.zeros(aval.shape, aval.dtype)


def count(number: int, seed: int = 0) -> tuple[Counter[str], list[Mutant]]:
    """Returns what became of `number` mutants of each pair, with gradients and without, and the unsound ones."""
    found = [
        mutant
        for name in PAIRS
        for gradients in (False, True)
        for mutant in hunt(name, number, seed + gradients, gradients=gradients)
    ]
    return Counter(OUTCOMES[mutant.level] for mutant in found), [m for m in found if not m.sound]
