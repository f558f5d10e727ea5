"""What a run has to say: diagnostics (a refusal, an error, a note) and the census of Linen symbols."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a diagnostic matters to the exit code."""

    ERROR = "error"  # a file could not be read, parsed or written: exit code 2
    REFUSED = "refused"  # left as Linen, a person has to look: exit code 1
    NOTE = "note"  # worth knowing; never changes the exit code


class Outcome(StrEnum):
    """How a Linen symbol ended. Every symbol that was seen has exactly one."""

    MIGRATED = "migrated"
    LEFT = "left"
    REFUSED = "refused"


@dataclass(frozen=True, order=True)
class Diagnostic:
    """One sentence about one place. `line` and `column` count from 1; `subject` is what it is about."""

    path: str
    line: int
    column: int
    code: str
    message: str
    subject: str = ""
    severity: Severity = Severity.REFUSED

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.code} {self.message}"


@dataclass(frozen=True, order=True)
class Symbol:
    """One use of a Linen name, such as `flax.linen.Module` or `Module.param`, and how it ended."""

    path: str
    line: int
    column: int
    name: str
    outcome: Outcome
    code: str = ""
