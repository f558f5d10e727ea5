"""Source text of a node with edits applied inside of it."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from ..edits import Edit
from ..source import Source, Span


@dataclass(frozen=True, eq=False)
class Text:
    """The text of a file, by span."""

    source: Source

    @cached_property
    def _starts(self) -> list[int]:
        return list(accumulate((len(line) for line in self.source.lines), initial=0))

    def of(self, node: ast.AST, inner: Sequence[Edit] = ()) -> str:
        """Returns the text of `node`, the replacements among `inner` that lie within it carried out.

        One that lies within another is part of it already.
        """
        start, end = self._range(self.source.span(node))
        parts = [(*self._range(edit.span), getattr(edit, "code", "")) for edit in inner]
        out, at = [], start
        for first, last, code in sorted(part for part in parts if start <= part[0] and part[1] <= end):
            if first >= at:
                out += [self.source.text[at:first], code]
                at = last
        text = "".join([*out, self.source.text[at:end]])
        return (
            f"({text})" if isinstance(node, ast.Yield | ast.YieldFrom) else text
        )  # its own are not in the span

    def _range(self, span: Span) -> tuple[int, int]:
        return self._starts[span.line - 1] + span.column, self._starts[span.end_line - 1] + span.end_column

    def has_lines_of_its_own(self, node: ast.AST) -> bool:
        """Tells whether no other statement shares a line with `node`. A semicolon behind it, as in notebooks, may."""
        span, lines = self.source.span(node), self.source.lines
        ahead, behind = lines[span.line - 1][: span.column], lines[span.end_line - 1][span.end_column :]
        return not ahead.strip() and not behind.partition("#")[0].strip(" \t\f\r\n;")

    def has_comment_above(self, node: ast.AST) -> bool:
        """Tells whether the line above `node` is a comment."""
        line = self.source.span(node).line
        return line > 1 and self.source.lines[line - 2].lstrip().startswith("#")
