"""Differences that are rounding noise: an array that is zero on paper has no magnitude to measure by."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import jax.numpy as jnp

from .budget import allowed, allowed_noise
from .compare import Comparison, name_of
from .measure import Array, distance, in_units_of, magnitude
from .observe import Observation, Place

FACTOR = 8.0  # two orders of summation may differ by a few times what one unit in the last place does


def forgive(found: Comparison, linen: Observation, jittered: Sequence[Observation]) -> Comparison:
    """Drops the differences that Linen shows against itself when leaves and inputs move by one ulp.

    The gradient of an attention's key bias is an example: exactly zero in real arithmetic, 1e-7 in float32,
    another 1e-7 in another order. Such an array is held against the largest value of its section instead (all
    gradients, all outputs) and has a budget of its own, which still bounds it.
    """
    excused = {}
    for place, gap in found.distances.items():
        dtype = str(linen.arrays[place].dtype)
        if gap.beyond(allowed(dtype, place[0])) and gap.absolute <= FACTOR * _noise(place, linen, jittered):
            measured = in_units_of(gap, _largest(place[0], linen.arrays), linen.arrays[place].dtype)
            if not measured.beyond(allowed_noise(dtype)):
                excused[place] = measured
    names = set(map(name_of, excused))
    return replace(
        found,
        differences=tuple(d for d in found.differences if d.place not in names),
        distances=found.distances | excused,
        noise=frozenset(names),
    )


def _noise(place: Place, linen: Observation, jittered: Sequence[Observation]) -> float:
    return max(distance(linen.arrays[place], other.arrays[place]).absolute for other in jittered)


def _largest(section: str, arrays: Mapping[Place, Array]) -> float:
    """Returns the largest finite magnitude among the float arrays of a section."""
    floats = (
        a for (part, _), a in arrays.items() if part == section and jnp.issubdtype(a.dtype, jnp.inexact)
    )
    return max(map(magnitude, floats), default=0.0)
