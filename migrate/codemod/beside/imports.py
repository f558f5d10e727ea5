"""Imports of a new file: what has moved comes from the new files, and what has not from where it is."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ..bindings import imported
from ..names import absolute
from ..project import Project
from ..source import Source, Span, parse
from ..trees import walk
from ..write.imports import without_unused
from ..write.layout import Layout
from ..write.units import unit_of
from .moves import Moves
from .places import SUFFIX, new_module
from .reach import bound, free_names
from .spelling import Spelling

Edit = tuple[Span, str]
Row = tuple[str, str]
"""A line that imports: what stands in front of the names, and one name."""


def settle_imports(old: Source, text: str, project: Project, moves: Moves, layout: Layout) -> str:
    """Returns the text of the new file beside `old`, whose imports are still those of `old`, with its own."""
    text = without_unused(_parsed(old, text))
    redirected = _Redirects(old, _parsed(old, text), project, moves, layout)
    text = redirected.text()
    rows = [*redirected.rows, *_from_old(old, _parsed(old, text), redirected)]
    text = _without_modules(_parsed(old, _with_rows(_parsed(old, text), rows, layout)))
    text = without_unused(_parsed(old, text))
    return _spaced(_parsed(old, text))


def _without_modules(new: Source) -> str:
    """Takes `import pkg.blocks` out where only other modules of `pkg` are read."""
    read = {new.segment(n) for n in walk(new.tree) if isinstance(n, ast.Attribute)}
    lines = list(new.lines)
    for node in reversed(new.tree.body):
        match node:
            case ast.Import(names=[ast.alias(name=name, asname=None)]) if "." in name and name not in read:
                lines[node.lineno - 1 : node.end_lineno] = []
    return "".join(lines)


def _spaced(new: Source) -> str:
    """One blank line at most between imports, and two below them: what stood between them has gone."""
    last = max(
        (n.end_lineno or 0 for n in new.tree.body if isinstance(n, ast.Import | ast.ImportFrom)), default=0
    )
    rest = (unit_of(new, n).first - 1 for n in new.tree.body if n.lineno > last)
    first = next(rest, last)
    lines: list[str] = []
    for place, line in enumerate(new.lines[:first]):
        above = lines[-2:] if place >= last else lines[-1:]
        if line.strip() or not above or any(text.strip() for text in above):
            lines.append(line)
    return "".join([*lines, *new.lines[first:]])


def _parsed(old: Source, text: str) -> Source:
    return parse(old.path, old.encode(text), old.module)


def _from_old(old: Source, new: Source, redirects: "_Redirects") -> list[Row]:
    """What the new file reads and the old one has."""
    start = f"from {redirects.spelling.of(old.module)} import "
    there = {name for s in old.tree.body for name in bound(s) | imported(s)}
    own = {name for s in new.tree.body for name in bound(s) | imported(s)} | {n for _, n in redirects.rows}
    read = {name for s in new.tree.body for name in free_names(s)}
    return [(start, name) for name in sorted(read & there - own)]


def _with_rows(new: Source, rows: list[Row], layout: Layout) -> str:
    """Adds lines behind the last import, or behind the docstring."""
    heads = [n for n in new.tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
    at = max([n.end_lineno or 0 for n in heads or new.tree.body[:1]], default=0)
    lines = list(new.lines)
    lines[at:at] = [line + new.newline for line in import_lines(rows, layout, new.newline)]
    return "".join(lines)


def import_lines(rows: list[Row], layout: Layout, newline: str) -> list[str]:
    """Returns one statement for each module, broken where it is too long."""
    groups: dict[str, list[str]] = {}
    for start, name in sorted(set(rows)):
        groups.setdefault(start, []).append(name)
    found = []
    for start, names in groups.items():
        line = start + ", ".join(names)
        if len(line) > layout.width and start.startswith("from"):
            line = "".join(
                [f"{start}(", *(f"{newline}{layout.indent}{name}," for name in names), f"{newline})"]
            )
        found.append(line)
    return found


@dataclass(frozen=True, eq=False)
class _Redirects:
    """Reads of what has moved from another file, in the text `new` of the file beside `old`."""

    old: Source
    new: Source
    project: Project
    moves: Moves
    layout: Layout

    def text(self) -> str:
        lines = list(self.new.lines)
        for span, code in sorted({*self._imports(), *(edit for edit, _ in self._read)}, reverse=True):
            head, tail = lines[span.line - 1][: span.column], lines[span.end_line - 1][span.end_column :]
            lines[span.line - 1 : span.end_line] = [head + code + tail]
        return "".join(lines)

    @property
    def rows(self) -> list[Row]:
        """Imports that the new file needs beside those that it has."""
        return [*(row for _, row in self._read), *self._stars()]

    @cached_property
    def spelling(self) -> Spelling:
        return Spelling(self.project, self.old)

    def _imports(self) -> Iterator[Edit]:
        """`from .blocks import Block, helper` becomes two where one of the two has moved."""
        for node in walk(self.new.tree):
            if not isinstance(node, ast.ImportFrom):
                continue
            rows = [self._row(node, alias) for alias in node.names]
            start = self._start("." * node.level + (node.module or ""))
            if any(found != start for found, _ in rows):
                margin = self.new.lines[node.lineno - 1][: self.new.span(node).column]
                lines = import_lines(rows, self.layout, self.new.newline)
                yield self.new.span(node), f"{self.new.newline}{margin}".join(lines)

    def _row(self, node: ast.ImportFrom, alias: ast.alias) -> Row:
        text = "." * node.level + (node.module or "")
        source = absolute(node, self.old.module, self.spelling.is_package)
        home = self.project.by_path.get(source, source)
        module, _, _ = self._moved(f"{home}.{alias.name}").rpartition(".")
        if module:
            direct = home == module and self._is_suffixed(module) and bool(node.module)
            text = text + SUFFIX if direct else self.spelling.of(self._new(module))
        return self._start(text), f"{alias.name} as {alias.asname}" if alias.asname else alias.name

    def _start(self, module: str) -> str:
        return f"from {module} import "

    def _moved(self, name: str) -> str:
        """The dotted name, that of where it is defined, of what has moved; nothing for what has not."""
        full = self.project.canonical(name)
        return full if full in self.moves.names else ""

    def _new(self, module: str) -> str:
        return new_module(module, self.project.sources[module].path)

    def _is_suffixed(self, module: str) -> bool:
        return self._new(module) == module + SUFFIX

    @cached_property
    def _read(self) -> list[tuple[Edit, Row]]:
        """`blocks.Block` is `blocks_nnx.Block`, or `Block` where it comes through another module."""
        found = []
        for node in walk(self.new.tree):
            path, _, name = self._dotted(node).rpartition(".")
            home = self.project.by_path.get(path, path)
            module = self._moved(f"{home}.{name}").rpartition(".")[0] if home in self.project.sources else ""
            if not isinstance(node, ast.Attribute) or not module:
                continue
            row = self._module_row(node.value) if home == module and self._is_suffixed(module) else None
            if row is not None:
                found.append(((self.new.span(node.value), self.new.segment(node.value) + SUFFIX), row))
            else:
                found.append(
                    ((self.new.span(node), name), (self._start(self.spelling.of(self._new(module))), name))
                )
        return found

    def _dotted(self, node: ast.AST) -> str:
        return (
            self.project.names[self.old.module].resolve(node) or "" if isinstance(node, ast.Attribute) else ""
        )

    def _module_row(self, value: ast.expr) -> Row | None:
        """The import of the new file beside that of the module `value`."""
        text = self.new.segment(value)
        for node in self.new.tree.body:
            if not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            for alias in (a for a in node.names if (a.asname or a.name) == text):
                named = f"{alias.name}{SUFFIX}" + (f" as {alias.asname}{SUFFIX}" if alias.asname else "")
                if isinstance(node, ast.Import):
                    return "import ", named
                return self._start("." * node.level + (node.module or "")), named
        return None

    def _stars(self) -> Iterator[Row]:
        """What a star brings has no name in the imports."""
        own = {name for s in self.new.tree.body for name in bound(s) | imported(s)}
        aliases = self.project.names[self.old.module].aliases
        for name in sorted({n for s in self.new.tree.body for n in free_names(s)} - own):
            module = self._moved(aliases.get(name, "")).rpartition(".")[0]
            if module and module != self.old.module:
                yield self._start(self.spelling.of(self._new(module))), name
