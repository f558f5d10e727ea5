"""A run as JSON: a stable schema for scripts and continuous integration.

    format        1; a release that changes the meaning of a key raises it
    files         how many were given, have Linen in them, changed, and failed
    census        symbol name -> {migrated, left, refused}; the three add up to every symbol seen
    total         the same, summed over all names
    symbols       [{path, line, column, name, outcome, code}]; lines and columns count from 1
    diagnostics   [{path, line, column, severity, code, subject, message, fix}]; error, refused or note
    changed       [path] of files that were, or would be, rewritten
    classes       [{name, arguments, traced}] that were migrated, what their constructors now ask for first, and
                  whether traced models have told a size
    not_entered   [path] of folders that were not looked into

Lists are sorted; nothing in it depends on the machine or the time.
"""

import json
from collections.abc import Iterable
from typing import Any

from ..catalog.codes import CODES
from ..catalog.findings import Diagnostic, Severity, Symbol
from ..codemod.api import Result
from .census import Count, census, symbols_of, total
from .findings import diagnostics_of

FORMAT = 1


def as_dict(result: Result, not_entered: Iterable[str] = ()) -> dict[str, Any]:
    """Returns the run as plain dicts, lists, strings and numbers: see the module's docstring."""
    symbols = symbols_of(result)
    counts = census(symbols)
    return {
        "format": FORMAT,
        "files": _files(result),
        "census": {name: _count(count) for name, count in counts.items()},
        "total": _count(total(counts.values())),
        "symbols": [_symbol(symbol) for symbol in symbols],
        "diagnostics": [_diagnostic(diagnostic) for diagnostic in diagnostics_of(result)],
        "changed": sorted(file.path for file in result.files if file.changed),
        "classes": [
            {
                "name": entry.name,
                "arguments": list(entry.arguments),
                "traced": entry.name in result.traced,
            }
            for entry in sorted(result.mapping.classes, key=lambda entry: entry.name)
        ],
        "not_entered": sorted(not_entered),
    }


def as_json(result: Result, not_entered: Iterable[str] = ()) -> str:
    """Returns `as_dict` as text: keys sorted, indented, ASCII, ending in a newline."""
    return json.dumps(as_dict(result, not_entered), indent=2, sort_keys=True) + "\n"


def _files(result: Result) -> dict[str, int]:
    files = result.files
    return {
        "given": len(files),
        "with_linen": sum(bool(file.symbols) for file in files),
        "changed": sum(file.changed for file in files),
        "failed": len({diagnostic.path for diagnostic in diagnostics_of(result, Severity.ERROR)}),
    }


def _count(count: Count) -> dict[str, int]:
    return count._asdict()


def _symbol(symbol: Symbol) -> dict[str, object]:
    return {
        "path": symbol.path,
        "line": symbol.line,
        "column": symbol.column,
        "name": symbol.name,
        "outcome": symbol.outcome.value,
        "code": symbol.code,
    }


def _diagnostic(diagnostic: Diagnostic) -> dict[str, object]:
    code = CODES.get(diagnostic.code)
    return {
        "path": diagnostic.path,
        "line": diagnostic.line,
        "column": diagnostic.column,
        "severity": diagnostic.severity.value,
        "code": diagnostic.code,
        "subject": diagnostic.subject,
        "message": diagnostic.message,
        "fix": code.fix if code else "",
    }
