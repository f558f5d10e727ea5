"""A top-level statement as a concrete syntax tree, with the place of every node.

Only statements that change are parsed: the rest of the file is never touched, and libcst's parse and its
positions, the two costs of a codemod, are paid for little.
"""

import ast
import re
from dataclasses import dataclass
from functools import cached_property

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from ..source import Source, Span


@dataclass(frozen=True, eq=False)
class Unit:
    """`first` and `last` are the lines, from 1, that the statement with its decorators takes up."""

    source: Source
    first: int
    last: int

    @cached_property
    def wrapper(self) -> MetadataWrapper:
        text = "".join(self.source.lines[self.first - 1 : self.last])
        return MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)

    @property
    def module(self) -> cst.Module:
        return self.wrapper.module

    @cached_property
    def spans(self) -> dict[cst.CSTNode, Span]:
        found = self.wrapper.resolve(PositionProvider)
        spans = {node: self._span(place) for node, place in found.items()}
        return spans | {
            node: _whole(node, spans) for node in spans if isinstance(node, cst.Tuple) and node.lpar
        }

    def _span(self, place: CodeRange) -> Span:
        above = self.first - 1
        return Span(place.start.line + above, place.start.column, place.end.line + above, place.end.column)


def _whole(node: cst.Tuple, spans: dict[cst.CSTNode, Span]) -> Span:
    """The parentheses of a tuple are a part of it for the standard library, and none for libcst."""
    return Span(*spans[node.lpar[-1]][:2], *spans[node.rpar[0]][2:])


def unit_of(source: Source, node: ast.stmt) -> Unit:
    """Returns the unit of a statement of the module's body."""
    decorators = getattr(node, "decorator_list", [])
    assert node.end_lineno is not None
    return Unit(source, min([node.lineno, *(d.lineno for d in decorators)]), node.end_lineno)


def code_of(node: cst.CSTNode) -> str:
    """Returns the text of a node, on one line where it has no comment and no string that spans lines."""
    text = cst.Module([]).code_for_node(node)
    if "\n" not in text or "#" in text or '"""' in text or "'''" in text:
        return text.strip()
    text = re.sub(r"\s*\n\s*", " ", text.strip())
    text = re.sub(r"([(\[{]) ", r"\1", text)
    return re.sub(r",? ([)\]}])", r"\1", text)
