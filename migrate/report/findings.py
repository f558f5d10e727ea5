"""The findings of a run, sorted, and what its exit code is to say about them."""

from ..catalog.findings import Diagnostic, Outcome, Severity
from ..codemod.api import Result


def diagnostics_of(result: Result, severity: Severity | None = None) -> tuple[Diagnostic, ...]:
    """Returns every diagnostic of a run, or those of one severity, sorted by place."""
    every = (diagnostic for file in result.files for diagnostic in file.diagnostics)
    return tuple(sorted(d for d in every if severity in (None, d.severity)))


def failed(result: Result) -> bool:
    """Whether a file could not be read, parsed or written."""
    return bool(diagnostics_of(result, Severity.ERROR))


def needs_a_person(result: Result) -> bool:
    """Whether something Linen is left, or something was refused."""
    left = any(symbol.outcome is not Outcome.MIGRATED for file in result.files for symbol in file.symbols)
    return left or bool(diagnostics_of(result, Severity.REFUSED))


def would_change(result: Result) -> bool:
    """Whether any file is not as it was."""
    return any(file.changed for file in result.files)
