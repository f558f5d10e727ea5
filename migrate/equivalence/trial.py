"""The runs: successive calls with new inputs, and calls with one leaf disturbed, on both sides alike."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import jax
import numpy as np

from .compare import Comparison, compare
from .disturb import FORCES, disturb, jitter
from .draw import spread
from .errors import EquivalenceError
from .inputs import Arguments
from .noise import forgive
from .observe import Observation, Observer, as_array
from .side import SOWN, Key, Leaves, show
from .twins import Start

Arrays = list[jax.Array]
JITTERS = 3  # how often to look for rounding noise


@dataclass(frozen=True)
class Bench:
    """The two compiled sides, and the arguments to draw."""

    linen: Observer
    nnx: Observer
    call: Arguments
    seed: int

    def compare(
        self, start: Start, arrays: Arrays, key: jax.Array, stage: str
    ) -> tuple[Observation, Observation, Comparison]:
        """Runs one call on both sides and compares; what looks different is held against rounding noise."""
        linen, nnx = self.linen(start.linen, [], arrays, key), self.nnx(start.nnx, start.hidden, arrays, key)
        found = compare(linen, nnx, stage)
        if found.differences:
            found = forgive(found, linen, self.jittered(start.linen, arrays, key))
        return linen, nnx, found

    def jittered(self, leaves: Leaves, arrays: Arrays, key: jax.Array) -> list[Observation]:
        """Runs the Linen side a few times with leaves and inputs moved by one ulp."""
        rng = np.random.default_rng((self.seed, 3))

        def once() -> Observation:
            moved = {name: jitter(value, rng) for name, value in leaves.items()}
            return self.linen(moved, [], [jitter(value, rng) for value in arrays], key)

        return [once() for _ in range(JITTERS)]

    def draw(self, sample: int) -> Iterator[tuple[Arrays, jax.Array]]:
        """Yields inputs and a cotangent key for one call after the other, the same in every run."""
        rng = np.random.default_rng((self.seed, sample, 1))
        for call in itertools.count():
            yield self.call.draw(rng, spread(sample, call)), jax.random.key(int(rng.integers(2**31)))


def values(start: Start) -> Comparison:
    """Compares the leaves that the sides begin with: bit for bit."""

    def leaves(side: Leaves) -> Observation:
        return Observation({("leaf", show(name)): as_array(value) for name, value in side.items()})

    return compare(leaves(start.linen), leaves(start.nnx), "before the first call")


def sample(bench: Bench, start: Start, number: int, steps: int) -> Iterator[Comparison]:
    """Runs `steps` successive calls from `start`, each with new inputs and the state of the call before."""
    for step, (arrays, key) in zip(range(1, steps + 1), bench.draw(number), strict=False):
        linen, nnx, found = bench.compare(start, arrays, key, f"in sample {number + 1}, call {step}")
        created = (key for key in linen.leaves.keys() - start.linen.keys() if key[0] != SOWN)
        yield replace(found, created=frozenset(map(show, created)))
        ours, theirs = ({name: after[name] for name in start.linen} for after in (linen.leaves, nnx.leaves))
        start = Start(ours, theirs, nnx.hidden)


def poison(bench: Bench, start: Start) -> Iterator[Comparison]:
    """Disturbs one leaf at a time, harder while nothing changes; names the leaf in `poisoned`."""
    arrays, key = next(bench.draw(0))
    before = bench.linen(start.linen, [], arrays, key)
    noise = bench.jittered(start.linen, arrays, key)
    for name in start.linen:
        for force in range(FORCES):
            changed = _disturbed(bench.seed, start, name, force)
            linen, _, found = bench.compare(changed, arrays, key, f"with {show(name)} disturbed")
            seen = _matters(
                name, start.linen[name], before, forgive(compare(before, linen, ""), before, noise)
            )
            last = seen or force == FORCES - 1
            yield replace(found, poisoned=show(name), unseen=not seen) if last else found
            if seen:
                break


def _disturbed(seed: int, start: Start, name: Key, force: int) -> Start:
    """Returns the leaves with one disturbed, alike on both sides."""

    def change(side: Leaves) -> Leaves:
        return {**side, name: disturb(name[0], side[name], np.random.default_rng((seed, force, 2)), force)}

    return Start(change(start.linen), change(start.nnx), start.hidden)


def refuse_draws(bench: Bench, start: Start, moved: list[Any]) -> None:
    """Raises EquivalenceError if the NNX result depends on random draws."""
    arrays, key = next(bench.draw(0))
    bench.linen(start.linen, [], arrays, key)  # refuses by itself, and names the layer
    if not moved:
        return
    once, again = (bench.nnx(start.nnx, hidden, arrays, key) for hidden in (start.hidden, moved))
    if not all(found.bit_equal for found in compare(once, again, "").distances.values()):
        raise EquivalenceError(
            "the NNX side draws random numbers in this call: keys differ between Linen and NNX, so samples "
            "cannot agree; pass deterministic=True (or train=False), or call model.eval() first"
        )


def _matters(name: Key, value: jax.Array, before: Observation, change: Comparison) -> bool:
    """Whether disturbing a leaf changed anything but the copy of it that comes back untouched."""
    changed = {difference.place for difference in change.differences}
    own = f"state {show(name)}"
    rewritten = not np.array_equal(before.arrays["state", show(name)], as_array(value))
    return bool(changed - {own}) or (own in changed and rewritten)
