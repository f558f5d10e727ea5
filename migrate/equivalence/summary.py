"""From single comparisons to the report."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from .budget import BUDGETS
from .compare import Comparison, Difference, name_of
from .errors import EquivalenceError
from .measure import Distance
from .proof.result import Level, Proof
from .report import SECTIONS, Closeness, Report, Verdict
from .twins import Twins


def summarise(
    found: Sequence[Comparison], both: Twins, samples: int, steps: int, seed: int, notes: Sequence[str]
) -> Report:
    """Returns the report on all comparisons. Raises EquivalenceError if no output ever had a finite value."""
    differences = found[-1].differences
    blind = _blind(found)
    if not differences and _all_outputs(found) <= blind and not _has_state(both, found):
        raise EquivalenceError(
            "there was no output that was not empty, NaN or infinite, so nothing was compared; "
            "give `variables` or input arrays with realistic values"
        )
    dtypes = frozenset[str]().union(*(comparison.dtypes for comparison in found))
    return Report(
        verdict=Verdict.DIFFERENT if differences else Verdict.EQUAL,
        differences=differences,
        closeness={part: near for part in SECTIONS if (near := _closeness(part, found)).arrays},
        leaves=_leaves(both),
        samples=samples,
        steps=steps,
        seed=seed,
        budgets={dtype: BUDGETS[dtype] for dtype in sorted(dtypes & BUDGETS.keys())},
        unseen=tuple(comparison.poisoned for comparison in found if comparison.unseen),
        poisoned=sum(bool(comparison.poisoned) for comparison in found),
        notes=(*notes, *_notes(found, blind)),
    )


def proved(both: Twins, proof: Proof, copied: Comparison | None = None) -> Report:
    """Returns the report on a proof, with the comparison of the values that both sides were given."""
    verdict = Verdict.PROVED if proof.level is Level.EXACT else Verdict.REASSOCIATED
    closeness = {"leaf": _closeness("leaf", [copied])} if copied else {}
    notes = tuple(_lonely(proof.lonely))
    return Report(verdict, (), closeness, _leaves(both), 0, 0, 0, {}, notes=notes, proof=proof)


def settled(both: Twins, differences: tuple[Difference, ...]) -> Report:
    """Returns the report on differences that no sample is needed for."""
    return Report(Verdict.DIFFERENT, differences, {}, _leaves(both), 0, 0, 0, {})


def _leaves(both: Twins) -> dict[str, int]:
    return dict(sorted(Counter(pair.linen.collection for pair in both.pairs).items()))


def _closeness(section: str, found: Sequence[Comparison]) -> Closeness:
    distances = [(d, name_of(p)) for c in found for p, d in c.distances.items() if p[0] == section]
    worst, name = max(distances, key=lambda pair: pair[0].ulp, default=(Distance(), ""))
    return Closeness(
        len(distances), sum(d.bit_equal for d, _ in distances), worst, "" if worst.bit_equal else name
    )


def _all_outputs(found: Sequence[Comparison]) -> set[str]:
    return {name for comparison in found for section, name in comparison.distances if section == "output"}


def _blind(found: Sequence[Comparison]) -> set[str]:
    """Returns the outputs that never had a finite value."""
    seen = {name for comparison in found for section, name in comparison.finite if section == "output"}
    return _all_outputs(found) - seen


def _has_state(both: Twins, found: Sequence[Comparison]) -> bool:
    """Whether a module without any output has other results: a collection that calls may update."""
    stateful = any(pair.linen.collection != "params" for pair in both.pairs)
    return not _all_outputs(found) and (stateful or any(comparison.created for comparison in found))


def _lonely(names: Collection[str]) -> Iterator[str]:
    if names:
        yield f"sown on one side only, so not compared: {', '.join(sorted(names))}"


def _notes(found: Sequence[Comparison], blind: set[str]) -> Iterator[str]:
    yield from _lonely({name for comparison in found for name in comparison.lonely})
    if created := sorted({name for comparison in found for name in comparison.created}):
        yield f"made by the call, so compared but not carried to the next: {', '.join(created)}"
    if noise := sorted({name for comparison in found for name in comparison.noise}):
        yield f"rounding noise on the Linen side too, so under the noise budget: {', '.join(noise)}"
    if blind:
        yield f"never finite on either side, so of no weight: output {', '.join(sorted(blind))}"
