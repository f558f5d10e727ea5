"""From paired modules to a report: samples, then poison; stops at the first call in which the sides part."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .compare import Comparison
from .inputs import Arguments
from .observe import Observer, observer
from .report import Report
from .summary import summarise
from .trial import Bench, poison, refuse_draws, sample, values
from .twins import Start, Twins


@dataclass(frozen=True)
class Options:
    """How much to run. Raises ValueError for fewer than one sample or step."""

    samples: int
    steps: int
    seed: int
    gradients: bool
    poison: bool
    proof: bool = True

    def __post_init__(self) -> None:
        least = 0 if self.proof else 1
        if self.samples < least or self.steps < 1:
            raise ValueError(
                f"samples must be {least} or more and steps 1 or more, not {self.samples} and {self.steps}"
            )


def run(
    both: Twins,
    call: Arguments,
    start: Callable[[int], Start],
    options: Options,
    sides: tuple[Observer, Observer] | None = None,
) -> Report:
    """Runs what `options` asks for; `start` gives the leaves of a sample by its number.

    `sides` are observers that do not depend on random keys, where the sides do. Raises EquivalenceError where a
    side does not run, draws random numbers, or gives nothing to compare.
    """
    linen, nnx = sides or (observer(side, call, options.gradients) for side in (both.linen, both.nnx))
    bench = Bench(linen, nnx, call, options.seed)
    if sides is None:
        refuse_draws(bench, start(0), both.nnx.moved)
    found = tuple(_until_they_part(_comparisons(bench, start, options)))
    notes = (f"given, so the same in every call: {', '.join(call.given)}",) if call.given else ()
    return summarise(found, both, options.samples, options.steps, options.seed, (*both.nnx.notes, *notes))


def _comparisons(bench: Bench, start: Callable[[int], Start], options: Options) -> Iterator[Comparison]:
    first = start(0)
    if first.linen is not first.nnx:
        yield values(first)
    for number in range(options.samples):
        yield from sample(bench, start(number), number, options.steps)
    if options.poison:
        yield from poison(bench, first)


def _until_they_part(comparisons: Iterator[Comparison]) -> Iterator[Comparison]:
    for comparison in comparisons:
        yield comparison
        if comparison.differences:
            return
