"""Why classes stay where some were read as other code: what was found there, rather than what follows from that."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain

from ..catalog.findings import Diagnostic, Outcome, Severity
from .api import FileResult, Result

Reasons = dict[tuple[str, str], Sequence[Diagnostic]]
"""Refusals by the path and the name of a class."""


def reasons_of(said: Iterable[Sequence[Diagnostic]]) -> Reasons:
    """Returns the refusals of every class, from what is said of each file."""
    told: Reasons = {}
    for diagnostic in chain.from_iterable(said):
        if (name := _class_of(diagnostic)) is not None:
            told[name] = [*told.get(name, ()), diagnostic]
    return told


def with_reasons(result: Result, told: Reasons) -> Result:
    """Returns the result with what was `told` first of each class that stays, in the place of what follows."""
    now = reasons_of(file.diagnostics for file in result.files)
    first = {name: found for name, found in told.items() if name in now}
    return replace(result, files=tuple(_told(file, first) for file in result.files))


def _told(file: FileResult, told: Reasons) -> FileResult:
    others = [d for d in file.diagnostics if _class_of(d) not in told]
    here = [d for (path, _), found in told.items() if path == file.path for d in found]
    if not here:
        return file
    codes = {d.code for d in (*others, *here) if d.severity is Severity.REFUSED}
    symbols = [
        replace(s, code=here[0].code) if s.outcome is Outcome.REFUSED and s.code not in codes else s
        for s in file.symbols
    ]
    return replace(file, diagnostics=tuple(sorted({*others, *here})), symbols=tuple(symbols))


def _class_of(diagnostic: Diagnostic) -> tuple[str, str] | None:
    refused = diagnostic.severity is Severity.REFUSED
    return (diagnostic.path, diagnostic.subject) if refused else None
