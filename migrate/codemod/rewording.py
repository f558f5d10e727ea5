"""Pieces of a class that are read as other code: every class that migrates is written from that code."""

import ast
import io
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from .model import LinenClass
from .source import Source, parse
from .traced.records import Facts
from .trees import walk

GONE = "(...)"
"""What stands for a method that a class has no longer: the writer leaves it out."""


@dataclass(frozen=True, eq=False)
class Rewording:
    """The code that stands for an expression of the class `cls`: over as many lines, unless it has statements.

    `functions` are those that the expression calls, one by way of another, and the code does not. It may stand
    `elsewhere`, in the code of another file that uses the class.
    """

    cls: LinenClass
    node: ast.expr
    code: str
    functions: tuple[str, ...] = ()
    elsewhere: Source | None = None

    @property
    def source(self) -> Source:
        return self.elsewhere or self.cls.source


def instead_of(cls: LinenClass, statement: ast.stmt, code: str, functions: tuple[str, ...] = ()) -> Rewording:
    """Returns the code that stands for a whole statement of the class `cls`, which may call `functions`."""
    return Rewording(cls, ast.copy_location(ast.Name("", ast.Load()), statement), code, functions)


def apart(found: Sequence[Rewording]) -> list[Rewording]:
    """Returns those of the classes that have no two on one line."""
    lines = Counter((one.source.path, line) for one in found for line in _lines(one))
    clashing = {one.cls for one in found if any(lines[one.source.path, line] > 1 for line in _lines(one))}
    return [one for one in found if one.cls not in clashing]


def apart_from(others: Sequence[Rewording], found: Sequence[Rewording]) -> list[Rewording]:
    """Returns those of `found` whose classes have none on a line of one of the `others`."""
    taken = {(one.source.path, line) for one in others for line in _lines(one)}
    clashing = {one.cls for one in found if any((one.source.path, line) in taken for line in _lines(one))}
    return [one for one in found if one.cls not in clashing]


def _lines(one: Rewording) -> range:
    return range(one.node.lineno, (one.node.end_lineno or one.node.lineno) + 1)


def still_reworded(found: Sequence[Rewording], stays: Collection[str]) -> list[Rewording]:
    """Returns those of other classes than the ones that stay Linen, which stay as they are written."""
    return [one for one in found if one.cls.name not in stays]


def reworded(found: Sequence[Rewording]) -> dict[str, Source]:
    """Returns the files with the code in the places of the expressions, by path; they know where each line was."""
    sources = {one.source.path: one.source for one in found}
    return {
        path: with_codes(source, [(i.node, i.code) for i in found if i.source is source])
        for path, source in sources.items()
    }


def with_codes(source: Source, found: Sequence[tuple[ast.expr | ast.stmt, str]]) -> Source:
    """Returns a file with other code in the places of some nodes."""
    lines = list(source.lines)
    numbers = [source.number(line) for line in range(1, len(lines) + 1)]
    for node, code in sorted(found, key=lambda i: (i[0].lineno, i[0].col_offset), reverse=True):
        line, column, end, end_column = source.span(node)
        text = lines[line - 1][:column] + code + lines[end - 1][end_column:]
        rows = [*io.StringIO(text, newline="")]
        numbers[line - 1 : end] = [source.number(min(line + place, end)) for place in range(len(rows))]
        lines[line - 1 : end] = rows
    anew = parse(source.path, source.encode("".join(lines)), source.module)
    gone = source.gone | (_names(source.tree) - _names(anew.tree))
    return replace(anew, numbers=numbers, gone=gone)


def _names(tree: ast.Module) -> frozenset[str]:
    return frozenset(node.id for node in walk(tree) if isinstance(node, ast.Name))


def with_places(facts: Facts, found: Sequence[Rewording], files: Mapping[str, Source]) -> Facts:
    """Returns the facts for the `files` as they are read: what ran are the files as they are written."""
    other = {(one.source.path, line) for one in found if _has_other_lines(one) for line in _lines(one)}
    shifts: defaultdict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
    for one in found:
        node, last = one.node, [b"", *one.code.encode().splitlines()][-1]  # what goes leaves nothing
        end, column = node.end_lineno or node.lineno, node.end_col_offset or 0
        start = node.col_offset if end == node.lineno else 0
        shifts[one.source.path, end].append((column, len(last) - (column - start)))
    lines = {
        path: [0 if (path, number) in other else number for number in source.numbers]
        for path, source in files.items()
    }
    return replace(facts, shifts={place: sorted(moved) for place, moved in shifts.items()}, lines=lines)


def _has_other_lines(one: Rewording) -> bool:
    """Tells whether statements stand for what was fewer lines, or more."""
    return len(one.code.splitlines()) != len(_lines(one))
