"""Runs the codemod over a whole package and says what is wrong with the outcome."""

import ast
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrate_norm.catalog.findings import Diagnostic, Outcome, Severity
from migrate_norm.codemod import FileResult, Options, Result, migrate_files

from .oracle import Linen, read


@dataclass(frozen=True)
class Checked:
    """One package: how many Linen classes, how they ended, and every violation as a sentence."""

    name: str
    files: int
    changed: int
    classes: int
    leaves: int
    migrated: int
    refused: Mapping[str, int]
    violations: tuple[str, ...]


def check(name: str, sources: Mapping[str, bytes]) -> Checked:
    """Migrates `sources` and holds the result against an independent count of their Linen classes."""
    return judge(name, sources, migrate_files(sources, Options()))


def judge(name: str, sources: Mapping[str, bytes], result: Result) -> Checked:
    """Holds what became of `sources` against an independent count of their Linen classes."""
    before, after = read(sources).linen(), read({f.path: f.after for f in result.files}).linen()
    stayed = _stayed(before, after)
    said = [d for file in result.files for d in file.diagnostics if d.severity is not Severity.NOTE]
    codes = {linen: _codes(linen, said) for linen in stayed}
    violations = [
        *_files(sources, result),
        *(message for file in result.files for message in _file(file)),
        *_untouched(before, result),
        *_second_run(result),
        *(f"{c.path}:{c.line}: {c.name} is still Linen and nothing says why" for c in stayed if not codes[c]),
    ]
    return Checked(
        name,
        files=len(sources),
        changed=sum(file.changed for file in result.files),
        classes=len(before),
        leaves=sum(linen.leaf for linen in before),
        migrated=len(before) - len(stayed),
        refused=dict(sorted(Counter(codes[linen][0] for linen in stayed if codes[linen]).items())),
        violations=tuple(violations),
    )


def _stayed(before: Sequence[Linen], after: Sequence[Linen]) -> list[Linen]:
    """Returns the classes that are still there; a name may be defined twice."""
    left = Counter((linen.path, linen.name) for linen in after)
    stayed = []
    for linen in before:
        if left[linen.path, linen.name] > 0:
            left[linen.path, linen.name] -= 1
            stayed.append(linen)
    return stayed


def _untouched(before: Sequence[Linen], result: Result) -> Iterator[str]:
    """Files that mention neither Linen nor one of its classes stay as they are."""
    names = {linen.name.rpartition(".")[2].encode() for linen in before} | {b"linen"}
    for file in result.files:
        if file.changed and not any(name in file.before for name in names):
            yield f"{file.path}: has no Linen in it and was not left alone"


def _files(sources: Mapping[str, bytes], result: Result) -> Iterator[str]:
    if [file.path for file in result.files] != list(sources):
        yield "the result is not about the files that were given"
    if any(file.before != sources[file.path] for file in result.files if file.path in sources):
        yield "`before` is not what was given"


def _file(file: FileResult) -> Iterator[str]:
    if file.changed:
        yield from _compiles(file)
    if file.changed and not file.symbols:
        yield f"{file.path}: changed, and no Linen symbol was seen in it"
    for symbol in file.symbols:
        if (symbol.outcome is Outcome.MIGRATED) == bool(symbol.code):
            yield f"{symbol.path}:{symbol.line}: {symbol.name} is {symbol.outcome} with code {symbol.code!r}"


def _compiles(file: FileResult) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            compile(ast.parse(file.after), file.path, "exec")
        except (SyntaxError, ValueError) as error:
            yield f"{file.path}: does not compile any more: {error}"


def _second_run(result: Result) -> Iterator[str]:
    again = migrate_files({file.path: file.after for file in result.files}, Options())
    yield from (f"{file.path}: a second run changes it again" for file in again.files if file.changed)


def _codes(linen: Linen, said: Sequence[Diagnostic]) -> list[str]:
    """Returns the codes of what was said about this class, in its lines before what names it elsewhere."""
    inside = [d for d in said if d.path == linen.path and linen.line <= d.line <= linen.end]
    named = [d for d in said if d.subject.rpartition(".")[2] == linen.name.rpartition(".")[2]]
    return [d.code for d in (*sorted(inside), *sorted(named))]
