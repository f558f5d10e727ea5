"""From two paired modules to a verdict: a proof if there is one, samples if not."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from .errors import EquivalenceError
from .inputs import Arguments
from .proof import Attempt, Level, prove
from .proof.forms import Forms
from .proof.replay import replayed
from .report import Report, Verdict
from .run import Options, run
from .summary import proved, settled
from .trial import values
from .twins import Start, Twins

PAIRED = "the samples take the same random numbers on both sides, their keys paired as far as the proof got"
COPIES = 8  # weights, gradients and cotangents of both sides, at the least, when samples are run

Begin = Callable[[Twins, int], Start]


def answer(
    both: Twins, call: Arguments, start: Begin, options: Options, given: Start | None = None
) -> Report:
    """Returns a report that is proved, settled by shapes alone, or sampled; `given` values have to be equal bits.

    Raises EquivalenceError where neither a proof nor samples can be had.
    """
    copied = values(given) if given is not None else None
    if copied and copied.differences:
        return settled(both, copied.differences)
    if not options.proof:
        return _sampled(both, call, start, options)
    attempt = _attempt(both, call, options)
    found_proof = attempt.proof
    if found_proof.level is Level.EXACT:
        return proved(both, found_proof, copied)
    if found_proof.differences:
        return replace(settled(both, found_proof.differences), proof=found_proof)
    return _beside(both, call, start, options, attempt)


def _attempt(both: Twins, call: Arguments, options: Options) -> Attempt:
    """Tries to prove it for every size that has a name, then for the first (the batch's), then for none."""
    names = tuple(call.sizes)
    obstacle = ""
    for symbols in dict.fromkeys((names, names[:1])):
        if not symbols:
            break
        try:
            found = prove(both, call.with_symbols(symbols), options.gradients, options.steps)
            reason = found.proof.why_not()
        except EquivalenceError as error:
            found, reason = None, str(error)
        if found and found.proof.level is Level.EXACT:
            return _for_sizes(found, call, symbols, obstacle)
        obstacle = obstacle or reason or "the sides part"
    return _for_sizes(prove(both, call, options.gradients, options.steps), call, (), obstacle)


def _for_sizes(found: Attempt, call: Arguments, symbols: tuple[str, ...], obstacle: str) -> Attempt:
    rest = ", ".join(f"{name}={size}" for name, size in call.sizes.items() if name not in symbols)
    only = f"{rest}; with symbolic sizes {obstacle}" if rest else ""
    if found.proof.level is Level.NOTHING:
        return found
    return found._replace(proof=replace(found.proof, sizes=symbols, only=only))


def _beside(both: Twins, call: Arguments, start: Begin, options: Options, attempt: Attempt) -> Report:
    """Runs samples where there is no exact proof; one up to re-association stands if they are within budget."""
    reassociated = attempt.proof.level is Level.REASSOCIATED
    obstacle = _obstacle(both, options)
    if reassociated and obstacle:
        return replace(proved(both, attempt.proof), notes=(f"no samples were run: {obstacle}",))
    if obstacle:
        raise EquivalenceError(f"not proved: {attempt.proof.why_not()}\nno samples were run: {obstacle}")
    report = replace(_sampled(both, call, start, options, attempt.forms), proof=attempt.proof)
    if attempt.proof.draws:
        report = replace(report, notes=(*report.notes, PAIRED))
    return replace(report, verdict=Verdict.REASSOCIATED) if reassociated and report.equal else report


def _sampled(
    both: Twins, call: Arguments, start: Begin, options: Options, forms: Forms | None = None
) -> Report:
    sides = None
    if forms is not None and forms.linen.normal.drawn:
        sides = (replayed(forms.linen, call), replayed(forms.nnx, call))
    concrete = both.with_values()
    return run(concrete, call, lambda sample: start(concrete, sample), options, sides)


def _obstacle(both: Twins, options: Options) -> str:
    """Returns why samples cannot be run, or nothing."""
    if not options.samples:
        return "none were asked for"
    need, have = COPIES * sum(_sizes(both)), os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return f"they need {need / 1e9:.0f} GB of memory, here are {have / 1e9:.0f}" if need > have else ""


def _sizes(both: Twins) -> Iterator[float]:
    for leaf in both.shapes().values():
        yield float(np.prod(leaf.shape)) * leaf.dtype.itemsize
