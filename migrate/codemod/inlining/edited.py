"""Statements of a method with other code in some places, and statements in front of them."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..edits import Replace
from ..model import LinenClass, Method, Refused
from ..rewording import Rewording, instead_of
from ..sites.text import Text
from ..source import Span


@dataclass(frozen=True, eq=False)
class Edited:
    """Collects edits to one method of a class."""

    cls: LinenClass
    method: Method
    edits: dict[Span, str] = field(default_factory=dict)
    ahead: dict[ast.stmt, list[str]] = field(default_factory=dict)
    units: set[ast.stmt] = field(default_factory=set)

    @property
    def text(self) -> Text:
        return Text(self.cls.source)

    def put(self, node: ast.AST, code: str) -> None:
        """Puts code in the place of a node."""
        if self.cls.source.segment(node) != code:
            self._edit(self.method.statement(node), self.cls.source.span(node), code)

    def take_out(self, node: ast.AST, behind: ast.AST) -> None:
        """Leaves out a node, and what is between it and the one behind."""
        start, end = self.cls.source.span(node), self.cls.source.span(behind)
        around = self.method.parents[node] if isinstance(node, ast.stmt) else node
        self._edit(self.method.statement(around), Span(*start[:2], *end[:2]), "")

    def cut(self, node: ast.AST, last: ast.AST) -> None:
        """Leaves out what stands behind a node, to the end of the last one."""
        start, end = self.cls.source.span(node), self.cls.source.span(last)
        self._edit(self.method.statement(node), Span(*start[2:], *end[2:]), "")

    def put_ahead(self, statement: ast.stmt, rows: Sequence[str]) -> None:
        """Puts statements in front of one."""
        self.ahead.setdefault(statement, []).extend(rows)
        self.units.add(statement)

    def rewordings(self) -> Iterator[Rewording]:
        """Yields the statements that change, the outermost of those that stand in each other. Raises Refused."""
        for unit in sorted(self.units, key=lambda u: u.lineno):
            inside = bool(self.units & {*self.method.above(unit)})
            if not self.text.has_lines_of_its_own(unit) or (inside and unit in self.ahead):
                raise Refused(
                    "MN102", unit, "this statement shares its lines with another that has to change"
                )
            if not inside:
                yield instead_of(self.cls, unit, self._written(unit))

    def _edit(self, unit: ast.stmt, span: Span, code: str) -> None:
        self.edits[span] = code
        self.units.add(unit)

    def _written(self, unit: ast.stmt) -> str:
        source = self.cls.source
        text = self.text.of(unit, [Replace(span, code) for span, code in self.edits.items()])
        return (source.newline + source.ahead(unit)).join([*self.ahead.get(unit, ()), text])
