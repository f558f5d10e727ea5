"""Comments between the elements of a list or a dict, each with the element that it is about."""

from collections.abc import Iterator

import libcst as cst

from .layout import Comment


def between(node: cst.List | cst.Dict) -> Iterator[tuple[cst.BaseExpression, Comment]]:
    """Yields the elements that have comments: those on lines above, and the one behind on its line."""
    start, end = (node.lbracket, node.rbracket) if isinstance(node, cst.List) else (node.lbrace, node.rbrace)
    above = _lines(start.whitespace_after)
    for element in node.elements:
        comma = element.comma
        after = comma.whitespace_after if isinstance(comma, cst.Comma) else end.whitespace_before
        last = element is node.elements[-1]
        behind = _first(after) or (_first(end.whitespace_before) if last else "")
        if above or behind:
            yield element.value, (above, behind)
        above = _lines(after)


def _first(space: cst.BaseParenthesizableWhitespace) -> str:
    comment = space.first_line.comment if isinstance(space, cst.ParenthesizedWhitespace) else None
    return comment.value if comment is not None else ""


def _lines(space: cst.BaseParenthesizableWhitespace) -> list[str]:
    lines = space.empty_lines if isinstance(space, cst.ParenthesizedWhitespace) else ()
    return [line.comment.value for line in lines if line.comment is not None]
