"""What is said of a file that is read as other code, with the lines of the file as the user wrote it."""

import re
from collections.abc import Collection
from dataclasses import replace

from ..catalog.findings import Diagnostic
from .source import Source

_LINE = re.compile(r"\bline (\d+)")


def placed(found: Collection[Diagnostic], source: Source) -> Collection[Diagnostic]:
    """Returns the findings in a file where the user sees them, those that messages name too."""
    if not source.numbers:
        return found
    return {
        replace(d, line=source.number(d.line), message=_LINE.sub(lambda m: _named(m, source), d.message))
        for d in found
    }


def _named(found: re.Match[str], source: Source) -> str:
    line = int(found[1])
    return f"line {source.number(line) if line <= len(source.numbers) else line}"
