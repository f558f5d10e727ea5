"""The files that a run leaves behind beside the source: the mapping and the report."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

from ..catalog.mapping import Mapping, loads
from ..codemod.api import Result
from ._screen import tell
from ._usage import UsageError
from ._write import create


@dataclass(frozen=True)
class Records:
    """Where they go, and what the mapping file said before: a run adds to it and never loses from it."""

    mapping: str | None
    report: str | None
    earlier: Mapping

    @classmethod
    def open(cls, mapping: str | None, report: str | None) -> "Records":
        """Reads the mapping file, if there is one already. Raises UsageError if it is something else."""
        return cls(mapping, report, _earlier(mapping) if mapping else Mapping())

    def refuse_overwriting(self, sources: Iterable[str]) -> None:
        """Raises UsageError if one of the two would overwrite the other or a source (real paths)."""
        files = {"--mapping": self.mapping, "--report": self.report}
        taken = dict.fromkeys(sources, "one of the files to migrate")
        for option, file in files.items():
            real = os.path.realpath(file) if file else ""
            if real in taken:
                raise UsageError(f"{option} {file} would overwrite {taken[real]}")
            taken |= {real: f"the file of {option}"} if file else {}

    def write_mapping(self, result: Result) -> bool:
        """Writes the mapping file if one was asked for; whether nothing went wrong."""
        if self.mapping is None:
            return True
        classes = {entry.name: entry for entry in (*self.earlier.classes, *result.mapping.classes)}
        return _written(self.mapping, Mapping(tuple(classes.values())).dumps())

    def write_report(self, result: Result, not_entered: list[str]) -> bool:
        """Writes the report if one was asked for; whether nothing went wrong."""
        if self.report is None:
            return True
        from ..report.as_json import as_json

        return _written(self.report, as_json(result, not_entered))


def _earlier(file: str) -> Mapping:
    try:
        with open(file, encoding="utf-8") as stream:
            return loads(stream.read())
    except FileNotFoundError:
        return Mapping()
    except (OSError, ValueError) as error:
        raise UsageError(f"--mapping {file} exists, and nothing can be added to it: {error}") from error


def _written(file: str, text: str) -> bool:
    try:
        create(file, text.encode())
    except OSError as error:
        tell(f"{file}: cannot be written: {error.strerror or error}")
        return False
    return True
