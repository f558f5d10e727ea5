"""Gradients that are rounding noise: what is zero on paper has no magnitude of its own to measure by."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .budget import allowed, allowed_noise
from .compare import Comparison, name_of
from .measure import Array, distance, in_units_of, magnitude
from .observe import Observation, Place

FACTOR = 8.0  # two orders of summation may differ by a few times what one unit in the last place does


def forgive(found: Comparison, linen: Observation, jittered: Sequence[Observation]) -> Comparison:
    """Drops differences of gradients that Linen shows against itself when leaves and inputs move by one ulp.

    The gradient of an attention's key bias is an example: exactly zero in real arithmetic, 1e-7 in float32,
    another 1e-7 in another order. It is held against the largest gradient instead and has a budget of its
    own. Outputs and state get no such leave: two formulas for a variance differ by no more than noise.
    """
    excused = {}
    for place, gap in found.distances.items():
        dtype = str(linen.arrays[place].dtype)
        if place[0] == "gradient" and gap.beyond(allowed(dtype, place[0])):
            measured = in_units_of(gap, _largest(linen.arrays), linen.arrays[place].dtype)
            noisy = gap.absolute <= FACTOR * _noise(place, linen, jittered)
            if noisy and not measured.beyond(allowed_noise(dtype)):
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


def _largest(arrays: Mapping[Place, Array]) -> float:
    """Returns the largest finite magnitude among the gradients."""
    return max(magnitude(array) for place, array in arrays.items() if place[0] == "gradient")
