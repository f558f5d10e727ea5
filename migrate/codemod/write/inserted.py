"""Statements that are put behind others, in the layout of the file."""

import re

import libcst as cst

from .layout import Layout
from .rows import without_leading_blank

_STEP = 4
_LONG = re.compile(r"(?P<indent> *)(?P<start>[\w, ]+ = |return )(?P<expression>.*)")


def inserted(codes: list[str], layout: Layout | None, depth: int) -> list[cst.BaseStatement]:
    """Returns the statements of `codes`, which are indented by four spaces and stand `depth` blocks in.

    A definition among them has blank lines on both sides.
    """
    rows: list[cst.BaseStatement] = []
    for code in codes:
        lines = code.splitlines()
        text = "\n".join(_broken(line, layout, depth) for line in lines) if layout is not None else code
        rows += (s for s in cst.parse_module(text + "\n").body if isinstance(s, cst.BaseStatement))
    above = [None, *rows]
    return [
        set_off(row, depth)
        if isinstance(row, cst.FunctionDef) or isinstance(before, cst.FunctionDef)
        else row
        for before, row in zip(above, rows, strict=False)
    ]


def set_off(row: cst.BaseStatement, depth: int) -> cst.BaseStatement:
    """Puts blank lines above a statement that stands next to a definition."""
    bare = without_leading_blank(row)
    blank = [cst.EmptyLine(indent=False)] * (1 if depth else 2)
    return bare.with_changes(leading_lines=[*blank, *bare.leading_lines])  # type: ignore[attr-defined]


def with_comments_of(gone: cst.SimpleStatementLine, row: cst.BaseStatement) -> cst.BaseStatement:
    """Gives `row` what stood above the statement whose place it takes, and beside it."""
    beside = gone.trailing_whitespace
    semicolon = gone.body[-1].semicolon
    if isinstance(semicolon, cst.Semicolon):  # which goes, and has the space ahead of a comment
        beside = beside.with_changes(whitespace=semicolon.whitespace_after)
    changed = {"trailing_whitespace": beside} if hasattr(row, "trailing_whitespace") else {}
    return row.with_changes(leading_lines=gone.leading_lines, **changed)


def _broken(line: str, layout: Layout, depth: int) -> str:
    parts = _LONG.fullmatch(line)
    if parts is None:
        return line
    steps = depth + len(parts["indent"]) // _STEP
    column = len(layout.indent) * steps + len(parts["start"])
    code = layout.expression(parts["expression"], column, steps)
    return f"{parts['indent']}{parts['start']}" + f"\n{parts['indent']}".join(code.split("\n"))
