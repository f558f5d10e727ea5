"""Rewritten files that are not to be written after all, and what the findings then have to say."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from ..catalog import mapping as renames
from ..catalog.findings import Diagnostic, Outcome, Severity, Symbol
from ..codemod.api import FileResult, Result
from ._git import uncommitted
from ._linked import linked_to, module

UNWRITABLE, UNCOMMITTED, LINKED, IN_THE_WAY = "MN903", "MN904", "MN905", "MN908"


class Reason(NamedTuple):
    """Why a file is left as it was."""

    code: str
    message: str
    severity: Severity = Severity.REFUSED


def unwritable(error: OSError) -> Reason:
    return Reason(UNWRITABLE, f"cannot be written: {error.strerror or error}", Severity.ERROR)


def uncommitted_reasons(result: Result, places: Mapping[str, str]) -> dict[str, Reason]:
    """Returns the changed files that git could not give back, and those linked to them; by real `places`."""
    changed = {file.path: file.before for file in result.files if file.changed and not file.new}
    dirty = uncommitted(places[path] for path in changed)
    held = {path: dirty[places[path]] for path in changed if places[path] in dirty}
    reasons = {path: Reason(UNCOMMITTED, f"was not rewritten: {why}") for path, why in held.items()}
    return with_linked(reasons, changed)


def with_linked(reasons: Mapping[str, Reason], changed: Mapping[str, bytes]) -> dict[str, Reason]:
    """Returns `reasons` with those of the `changed` files that do not work without the ones that are held."""
    linked = linked_to(reasons, changed)
    return {**reasons, **{path: Reason(LINKED, _beside(other)) for path, other in linked.items()}}


def in_the_way(result: Result, location: Callable[[str], str]) -> dict[str, Reason]:
    """Returns the new files in whose place something stands that was not among the files given."""
    there = [file.path for file in result.files if file.new and os.path.lexists(location(file.path))]
    return dict.fromkeys(there, Reason(IN_THE_WAY, "is there already, and was not given: move it away"))


def hold(result: Result, reasons: Mapping[str, Reason]) -> Result:
    """Returns `result` with the files in `reasons` as they were: what was migrated in them ends as left."""
    if not reasons:
        return result
    files = tuple(_held(file, reasons[file.path]) if file.path in reasons else file for file in result.files)
    held = [file for file in result.files if file.path in reasons]
    return Result(files, renames.Mapping(tuple(_elsewhere(result.mapping.classes, held))), result.traced)


def _held(file: FileResult, reason: Reason) -> FileResult:
    finding = Diagnostic(file.path, 1, 1, reason.code, reason.message, severity=reason.severity)
    symbols = tuple(_left(symbol, reason.code) for symbol in file.symbols)
    return replace(file, after=file.before, symbols=symbols, diagnostics=(*file.diagnostics, finding))


def _left(symbol: Symbol, code: str) -> Symbol:
    return replace(symbol, outcome=Outcome.LEFT, code=code) if symbol.outcome is Outcome.MIGRATED else symbol


def _beside(other: str) -> str:
    return f"was not rewritten: it imports {other} or is imported by it, and that was held back"


def _elsewhere(
    classes: Iterable[renames.ClassMapping], held: Iterable[FileResult]
) -> Iterator[renames.ClassMapping]:
    gone = {
        (module(file.path), name.decode())
        for file in held
        for name in re.findall(
            rb"^[ \t]*class[ \t]+(\w+)", file.after if file.new else file.before, re.MULTILINE
        )
    }
    for entry in classes:
        parts = entry.name.split(".")
        if not any((part, parts[-1]) in gone for part in parts[:-1]):
            yield entry
