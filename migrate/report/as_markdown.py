"""A run as Markdown: what a person reads on the screen or pastes into a pull request."""

from collections.abc import Iterable, Iterator

from ..catalog.codes import CODES
from ..catalog.findings import Diagnostic, Severity
from ..codemod.api import Result
from .census import Count, census, symbols_of, total
from .findings import diagnostics_of

HEADINGS = {
    Severity.ERROR: "Could not be read, parsed or written",
    Severity.REFUSED: "Needs a person",
    Severity.NOTE: "Worth knowing",
}


def as_markdown(result: Result, done: str = "rewritten", not_entered: Iterable[str] = ()) -> str:
    """Returns the summary; `done` says what happened to files that changed, such as "would be rewritten"."""
    blocks = [
        _headline(result, done),
        _census(census(symbols_of(result))),
        _listing("Migrated", _migrated(result)),
        *(_findings(result, severity) for severity in Severity),
        _listing("Not looked into; name them to include them", (f"`{path}`" for path in sorted(not_entered))),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _headline(result: Result, done: str) -> str:
    files = result.files
    linen = sum(bool(file.symbols) for file in files)
    changed = sum(file.changed for file in files)
    noun = "file" if len(files) == 1 else "files"
    return f"{len(files)} {noun}: {linen} with Linen, {changed} {done}."


def _census(counts: dict[str, Count]) -> str:
    if not counts:
        return ""
    head = ["| symbol | migrated | left | refused |", "|---|---:|---:|---:|"]
    rows = [_row(f"`{name}`", count) for name, count in counts.items()]
    return "\n".join([*head, *rows, _row("total", total(counts.values()))])


def _row(name: str, count: Count) -> str:
    return f"| {name} | {count.migrated} | {count.left} | {count.refused} |"


def _migrated(result: Result) -> Iterator[str]:
    for entry in sorted(result.mapping.classes, key=lambda entry: entry.name):
        asks = f", whose constructor now asks for {', '.join(entry.arguments)}" if entry.arguments else ""
        told = " (traced models have told sizes of it)" if entry.name in result.traced else ""
        yield f"`{entry.name}`{asks}{told}"


def _findings(result: Result, severity: Severity) -> str:
    return _listing(HEADINGS[severity], map(_finding, diagnostics_of(result, severity)))


def _finding(diagnostic: Diagnostic) -> str:
    place = f"{diagnostic.path}:{diagnostic.line}:{diagnostic.column}"
    about = f" `{diagnostic.subject}`:" if diagnostic.subject else ""
    code = CODES.get(diagnostic.code)
    advice = f"\n  What to do: {code.fix}" if code and diagnostic.severity is not Severity.NOTE else ""
    return f"{place}: {diagnostic.code}{about} {diagnostic.message}{advice}"


def _listing(heading: str, items: Iterable[str]) -> str:
    lines = [f"- {item}" for item in items]
    return "\n".join([f"## {heading}", "", *lines]) if lines else ""
