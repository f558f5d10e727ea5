"""Why classes stay where some were read as other code: what was found there, rather than what follows from that."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from itertools import chain

from ..catalog.findings import Diagnostic, Outcome, Severity
from .api import FileResult, Result
from .model import LinenClass

Reasons = dict[tuple[str, str], Sequence[Diagnostic]]
"""Refusals by the path and the name of a class; what is said of it may stand in other files."""


def reasons_of(said: Iterable[Sequence[Diagnostic]], classes: Iterable[LinenClass]) -> Reasons:
    """Returns the refusals of every class, from what is said of each file."""
    homes: defaultdict[str, set[str]] = defaultdict(set)
    for cls in classes:
        homes[cls.short].add(cls.source.path)
    told: Reasons = {}
    for diagnostic in chain.from_iterable(said):
        if (name := _class_of(diagnostic, homes)) is not None:
            told[name] = [*told.get(name, ()), diagnostic]
    return told


def with_reasons(result: Result, told: Reasons, classes: Iterable[LinenClass]) -> Result:
    """Returns the result with what was `told` first of each class that stays, in the place of what follows."""
    now = reasons_of((file.diagnostics for file in result.files), classes)
    first = {name: found for name, found in told.items() if name in now}
    gone = {d for name in first for d in now[name]}
    return replace(result, files=tuple(_told(file, first, gone) for file in result.files))


def _told(file: FileResult, told: Reasons, gone: Set[Diagnostic]) -> FileResult:
    others = [d for d in file.diagnostics if d not in gone]
    here = [d for found in told.values() for d in found if d.path == file.path]
    own = [d for (path, _), found in told.items() if path == file.path for d in found]
    if not here and len(others) == len(file.diagnostics):
        return file
    codes = {d.code for d in (*others, *here, *own) if d.severity is Severity.REFUSED}
    symbols = [
        replace(s, code=own[0].code) if own and s.outcome is Outcome.REFUSED and s.code not in codes else s
        for s in file.symbols
    ]
    return replace(file, diagnostics=tuple(sorted({*others, *here})), symbols=tuple(symbols))


def _class_of(diagnostic: Diagnostic, homes: Mapping[str, Set[str]]) -> tuple[str, str] | None:
    if diagnostic.severity is not Severity.REFUSED:
        return None
    found = homes.get(diagnostic.subject, set())
    path = next(iter(found)) if len(found) == 1 else diagnostic.path
    return path, diagnostic.subject
