"""One class: is its NNX form the same function, in every construction and mode that Linen runs?"""

import inspect
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from flax import nnx
from migrate_norm.catalog.automatic import rules
from migrate_norm.catalog.mapping import ClassMapping
from migrate_norm.codemod import Result
from migrate_norm.equivalence import EquivalenceError, Report, check_equivalence
from migrate_norm.equivalence.nnx_side import keyed, leaf_of

from ..isolate import Isolated
from ..load import load
from ..older import older_names
from .attempt import Made, Tries, Way, attempt
from .calls import Call
from .fields import flipped
from .sizes import Built, UnbuiltError, built
from .ways import Known, ways


class Verdict(StrEnum):
    """What is known of a migrated class, from best to worst."""

    PROVED = "PROVED"
    REASSOCIATED = "PROVED (up to re-association)"
    EQUAL = "EQUAL"
    UNBUILT = "not constructed"
    SLOW = "not in time"
    FAILED = "fails"
    UNPAIRED = "other leaves"
    DIFFERENT = "DIFFERENT"


class Found(NamedTuple):
    """A verdict and what led to it."""

    verdict: Verdict
    detail: str = ""


def verify(isolated: Isolated, result: Result, known: Known) -> Found:
    """Returns the worst of all comparisons, or why there is none."""
    mapping = next(c for c in result.mapping.classes if c.name == f"{isolated.module}.{isolated.name}")
    after = {file.path: file.after for file in result.files}
    with tempfile.TemporaryDirectory() as folder, own_collections(), older_names():
        try:
            linen = getattr(load(isolated.files, isolated.module, Path(folder, "linen")), isolated.name)
        except Exception as error:  # what does not import in Linen is not for us to compare
            return Found(Verdict.UNBUILT, f"{type(error).__name__}: {error}")
        twin = getattr(load(after, isolated.module, Path(folder, "nnx")), isolated.name)
        if inspect.isabstract(twin):
            return Found(Verdict.UNBUILT, "it is abstract")
        return _tried(linen, twin, mapping, ways(linen, isolated, known))


@contextmanager
def own_collections() -> Iterator[None]:
    """Forgets the collections that the NNX side registers: the next class may register them again."""
    known = nnx.variablelib.VariableTypeCache
    before = set(known)
    try:
        yield
    finally:
        for name in known.keys() - before:
            del known[name]


def _tried(linen: Any, twin: Any, mapping: ClassMapping, given: Iterator[Way]) -> Found:
    """Compares the first way to build and call it that can be compared; if none can, says why."""
    tries, unable = Tries(linen, given), list[Found]()
    for made in tries:
        found = _worst(_compared(linen, twin, mapping, made))
        if found.verdict in (Verdict.FAILED, Verdict.UNPAIRED):
            unable.append(found)
            continue
        return _worst([found, *_flipped(linen, twin, mapping, made)])
    return unable[0] if unable else Found(Verdict.UNBUILT, tries.error)


def _worst(found: list[Found]) -> Found:
    return max(found, key=lambda each: list(Verdict).index(each.verdict))


def _flipped(linen: Any, twin: Any, mapping: ClassMapping, made: Made) -> Iterator[Found]:
    """Compares the same with its flags turned round."""
    for fields in flipped(linen, made.fields):
        other = attempt(linen, fields, made.calls[0])
        if isinstance(other, Made):
            yield from _compared(linen, twin, mapping, other)


def _compared(linen: Any, twin: Any, mapping: ClassMapping, made: Made) -> list[Found]:
    try:
        found = built(twin, mapping, made)
        reports = [(call, _report(linen, mapping, made, found, call)) for call in made.calls]
    except UnbuiltError as error:
        return [Found(Verdict.UNPAIRED if error.ran else Verdict.FAILED, str(error))]
    except EquivalenceError as error:
        return [Found(Verdict.FAILED, f"{made.fields} {made.calls}: {error}")]
    return [Found(Verdict(str(r.verdict)), "" if r.equal else f"{made.fields} {c}: {r}") for c, r in reports]


def _report(linen: Any, mapping: ClassMapping, made: Made, found: Built, call: Call) -> Report:
    leaves = [leaf_of(path, kind, value) for path, (kind, value) in keyed(found.parts).items()]
    options = {"variables": made.variables, "mapping": rules(mapping, leaves), "kwargs": call.kwargs}
    options |= {"samples": 1, "steps": 2, "poison": False}
    try:
        return check_equivalence(linen(**made.fields), found.build, *call.inputs, **options)
    except EquivalenceError as error:
        if "cannot be differentiated" not in str(error):
            raise
        return check_equivalence(linen(**made.fields), found.build, *call.inputs, **options, gradients=False)
