"""What is said of a file that is read as other code, with the lines of the file as the user wrote it."""

import re
from dataclasses import replace

from .api import FileResult
from .source import Source

_LINE = re.compile(r"\bline (\d+)")


def placed(file: FileResult, source: Source) -> FileResult:
    """Returns the findings of a file where the user sees them, those that messages name too."""
    if not source.numbers:
        return file
    diagnostics = {
        replace(d, line=source.number(d.line), message=_LINE.sub(lambda m: _named(m, source), d.message))
        for d in file.diagnostics
    }
    symbols = (replace(s, line=source.number(s.line)) for s in file.symbols)
    return replace(file, diagnostics=tuple(sorted(diagnostics)), symbols=tuple(sorted(symbols)))


def _named(found: re.Match[str], source: Source) -> str:
    line = int(found[1])
    return f"line {source.number(line) if line <= len(source.numbers) else line}"
