"""The proof: both sides traced, brought to one normal form, and compared result by result."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..compare import Difference, lonely, name_of
from ..errors import EquivalenceError
from ..inputs import Arguments
from ..linen_side import MissingStreamError
from ..observe import Place
from ..side import Leaves, show
from ..twins import Twins
from . import draws
from .forms import Form, Forms, normal_forms, repeated
from .keys import HIDDEN
from .normal_form import UnprovableError
from .parting import part
from .result import Level, Proof
from .terms import Table, Value
from .trace import Traced, trace

STREAMS = 16  # random streams that a Linen module may ask for
STAGE = "in the traced programs"


class Attempt(NamedTuple):
    """What came of the attempt to prove: the proof or what is in its way, and both sides as far as they got."""

    proof: Proof
    forms: Forms | None = None


def prove(both: Twins, call: Arguments, gradients: bool, steps: int) -> Attempt:
    """Compares the two sides for all values of leaves and inputs; neither is run.

    A call may change the shapes of the state: then the next call, up to `steps` of them, is compared too.
    Raises EquivalenceError where a side cannot be traced or differentiated.
    """
    leaves = both.shapes()
    for number in range(1, steps + 1):  # noqa: B007
        linen, nnx = _trace(both, leaves, call, gradients)
        attempt = _compare(both, linen, nnx)
        if attempt.forms and attempt.proof.level is Level.NOTHING:
            _require_repeatable(both, attempt.forms, _trace(both, leaves, call, gradients))
        after = {key: linen.after[key] for key in leaves}
        if attempt.proof.level is Level.NOTHING or after == leaves:
            break
        leaves = after
    return attempt._replace(proof=attempt.proof.after(number))


def _trace(both: Twins, leaves: Leaves, call: Arguments, gradients: bool) -> tuple[Traced, Traced]:
    """Traces both sides; the Linen side gets a key for every random stream that it asks for."""
    streams: list[str] = []
    while True:
        try:
            linen = trace(both.drawing(streams).linen, leaves, call, gradients)
        except MissingStreamError as error:
            if not error.stream or error.stream in streams or len(streams) == STREAMS:
                raise
            streams.append(error.stream)
        else:
            return linen, trace(both.nnx, leaves, call, gradients)


def _compare(both: Twins, linen: Traced, nnx: Traced) -> Attempt:
    if differences := tuple(_visible(linen, nnx)):
        return Attempt(Proof(Level.NOTHING, differences=differences))
    try:
        exact = normal_forms(both, linen, nnx, Table())
        if differences := tuple(_other_draws(exact)):
            return Attempt(Proof(Level.NOTHING, differences=differences), exact)
        if not exact.parted():
            return Attempt(_proof(Level.EXACT, exact), exact)
        if not normal_forms(both, linen, nnx, Table(real=True)).parted():
            return Attempt(_proof(Level.REASSOCIATED, exact), exact)
        return Attempt(_proof(Level.NOTHING, exact), exact)
    except UnprovableError as error:
        return Attempt(Proof(Level.NOTHING, reason=str(error)))


def _require_repeatable(both: Twins, forms: Forms, again: tuple[Traced, Traced]) -> None:
    """Raises EquivalenceError if a side is another program when it is traced once more."""
    for name, form, side in zip(("Linen", "NNX"), forms, again, strict=True):
        if repeated(both, form, side) != form.results:
            raise EquivalenceError(
                f"the {name} side is another program each time it is traced: Python side effects, such as "
                "numpy.random, the clock or a global counter, decide on its constants; pass such values as arguments"
            )


def _visible(linen: Traced, nnx: Traced) -> Iterator[Difference]:
    """Yields what the shapes of the results alone tell apart."""
    if linen.structure != nnx.structure:
        yield Difference(STAGE, "output", "another structure", linen.structure, nnx.structure)
    alone = lonely(linen.results, nnx.results)
    for place in (*linen.results, *(p for p in nnx.results if p not in linen.results)):
        if place[0] == HIDDEN or place in alone:
            continue
        ours, theirs = linen.results.get(place, "absent"), nnx.results.get(place, "absent")
        if ours != theirs:
            side = next((name for name, facts in (("NNX", ours), ("Linen", theirs)) if facts == "absent"), "")
            what = f"only on the {side} side" if side else "another shape or dtype"
            yield Difference(STAGE, name_of(place), what, ours, theirs)


def _other_draws(forms: Forms) -> Iterator[Difference]:
    """Yields a difference if the sides cannot draw the same numbers, whatever the keys.

    Draws in loops are counted once, however often they happen, so there the counts say nothing.
    """
    sides = [form.draws for form in forms]
    if any(draws.is_in_loop(forms.table, found) for found in sides):
        return
    ours, theirs = map(str, sides)
    if ours != theirs:
        yield Difference(STAGE, "random draws", "other draws, or other keys shared", ours, theirs)


def _proof(level: Level, forms: Forms) -> Proof:
    parted = forms.parted()
    found = forms.linen.draws
    parting = None
    if level is not Level.EXACT:
        place = parted[0]
        values = (forms.linen.results[place], forms.nnx.results[place])
        parting = part(name_of(place), (forms.linen.normal, forms.nnx.normal), values)
    return Proof(
        level,
        results=_counts(place for place in forms.linen.results if place in forms.nnx.results),
        parted=tuple(map(name_of, parted)),
        draws=found.count,
        keys=len(found.keys),
        operations=sum(1 for _ in forms.table.below(forms.linen.results.values())),
        unseen=tuple(_unseen(forms.linen)),
        lonely=tuple(sorted(map(name_of, lonely(forms.linen.traced.results, forms.nnx.traced.results)))),
        parting=parting,
    )


def _counts(places: Iterable[Place]) -> dict[str, int]:
    return dict(Counter(section for section, _ in places))


def _unseen(form: Form) -> Iterator[str]:
    """Yields the leaves that no output and no changed state depends on."""
    table = form.normal.table
    roots = [
        value
        for (section, _), value in form.results.items()
        if section == "output" or (section == "state" and table.terms[value.term].op != "input")
    ]
    roots += [Value(key, (), ()) for key in form.normal.tokens]
    read = {table.terms[n].params for n in table.below(roots) if table.terms[n].op == "input"}
    for name in form.traced.inputs:
        if name[0] == "leaf" and name not in read:
            yield show(name[1:])
