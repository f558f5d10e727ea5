"""Why classes stay that were read as other code: what was found there, rather than what the code as it stands lacks."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ..catalog.findings import Diagnostic, Outcome, Severity
from .api import FileResult, Result
from .rewording import Rewording

Reasons = Mapping[tuple[str, str], Sequence[Diagnostic]]
"""Refusals by the path and the name of a class."""


def reasons_of(result: Result, found: Iterable[Rewording]) -> Reasons:
    """Returns the refusals of the classes that are no longer to be read as other code."""
    classes = {(one.cls.source.path, one.cls.short) for one in found if not one.function}
    told: defaultdict[tuple[str, str], list[Diagnostic]] = defaultdict(list)
    for diagnostic in (d for file in result.files for d in file.diagnostics):
        if _class_of(diagnostic) in classes:
            told[diagnostic.path, diagnostic.subject].append(diagnostic)
    return told


def with_reasons(result: Result, told: Reasons) -> Result:
    """Returns the result with these refusals in the place of what else it says of the classes."""
    return replace(result, files=tuple(_told(file, told) for file in result.files))


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
