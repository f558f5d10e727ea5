"""Two observations side by side: what differs beyond the budget, and how close the rest is."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np

from .budget import allowed
from .measure import Array, Distance, distance
from .observe import Observation, Place
from .side import SOWN

SHOWN = 4  # values that a difference quotes from either side


@dataclass(frozen=True)
class Difference:
    """One array that is not the same: `stage` says when, `place` which, `what` how, then values."""

    stage: str
    place: str
    what: str
    linen: str
    nnx: str
    distance: Distance | None = None

    def __str__(self) -> str:
        return f"{self.place}: {self.what}\n    Linen {self.linen}\n    NNX   {self.nnx}"


@dataclass(frozen=True)
class Comparison:
    """One run of both sides: differences, distances of the arrays that both have, those with a finite value.

    `lonely` is what one side alone sows; `created` are leaves that the call made, `noise` arrays that are rounding
    noise on the Linen side too; `poisoned` is the leaf that was disturbed, `unseen` says that it was to no effect.
    """

    differences: tuple[Difference, ...]
    distances: dict[Place, Distance]
    dtypes: frozenset[str]
    finite: frozenset[Place]
    lonely: frozenset[str] = frozenset()
    created: frozenset[str] = frozenset()
    noise: frozenset[str] = frozenset()
    poisoned: str = ""
    unseen: bool = False


def compare(linen: Observation, nnx: Observation, stage: str) -> Comparison:
    """Compares structure, names, shapes, dtypes and values; `stage` names the run, for the report."""
    alone = lonely(linen.arrays, nnx.arrays)
    linen, nnx = (replace(side, arrays=_without(side.arrays, alone)) for side in (linen, nnx))
    shared = [place for place in linen.arrays if place in nnx.arrays]
    distances = {
        place: distance(linen.arrays[place], nnx.arrays[place])
        for place in shared
        if _facts(linen.arrays[place]) == _facts(nnx.arrays[place])
    }
    found = (*_structure(linen, nnx, stage), *_differences(linen, nnx, distances, stage))
    dtypes = frozenset(str(array.dtype) for array in linen.arrays.values())
    finite = frozenset(place for place, array in linen.arrays.items() if _has_finite(array))
    return Comparison(found, distances, dtypes, finite, frozenset(map(name_of, alone)))


def lonely(linen: Iterable[Place], nnx: Iterable[Place]) -> set[Place]:
    """Returns the places of what only one side sows: for a look inside, no result that has to be there."""
    return {
        place for place in set(linen) ^ set(nnx) if place[0] == "state" and place[1].startswith(f"{SOWN} ")
    }


def _without(arrays: Mapping[Place, Array], left_out: Container[Place]) -> dict[Place, Array]:
    return {place: array for place, array in arrays.items() if place not in left_out}


def _structure(linen: Observation, nnx: Observation, stage: str) -> Iterator[Difference]:
    if linen.structure != nnx.structure:
        yield Difference(stage, "output", "another structure", linen.structure, nnx.structure)


def _differences(
    linen: Observation, nnx: Observation, distances: dict[Place, Distance], stage: str
) -> Iterator[Difference]:
    for place in (*linen.arrays, *sorted(nnx.arrays.keys() - linen.arrays.keys())):
        ours, theirs, found = linen.arrays.get(place), nnx.arrays.get(place), distances.get(place)
        name = name_of(place)
        if ours is None or theirs is None:
            side = "Linen" if theirs is None else "NNX"
            yield Difference(stage, name, f"only on the {side} side", _facts(ours), _facts(theirs))
        elif found is None:
            yield Difference(stage, name, "another shape or dtype", _facts(ours), _facts(theirs))
        elif found.beyond(budget := allowed(str(ours.dtype), place[0])):
            limit = "it was copied" if budget < 0 else f"the budget for {ours.dtype} is {budget} ulp"
            what = f"{found} at {list(found.at)}; {limit}"
            yield Difference(stage, name, what, _sample(ours, found), _sample(theirs, found), found)


def name_of(place: Place) -> str:
    """Returns a place for a reader, such as `gradient params kernel`."""
    return " ".join(part for part in place if part)


def _facts(array: Array | None) -> str:
    return "absent" if array is None else f"{array.dtype}[{','.join(map(str, array.shape))}]"


def _has_finite(array: Array) -> bool:
    countable = not jnp.issubdtype(array.dtype, jnp.inexact)
    return bool(array.size) and (countable or bool(np.isfinite(array).any()))


def _sample(array: Array, found: Distance) -> str:
    """Returns the values around the largest difference, along the last axis."""
    if not array.ndim or not found.at:
        return str(array)
    start = max(0, min(found.at[-1], array.shape[-1] - SHOWN))
    some = array[found.at[:-1]][start : start + SHOWN].tolist()
    place = [*found.at[:-1], f"{start}:{start + len(some)}"]
    return f"[{', '.join(map(str, place))}] = {' '.join(f'{v:.9g}' for v in some)}"
