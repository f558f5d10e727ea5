"""Statements that are put behind others, in the layout of the file."""

import re

import libcst as cst

from .layout import Layout

_STEP = 4
_LONG = re.compile(r"(?P<indent> *)(?P<start>\w+ = |return )(?P<expression>.*)")


def inserted(codes: list[str], layout: Layout | None, depth: int) -> list[cst.BaseStatement]:
    """Returns the statements of `codes`, which are indented by four spaces and stand `depth` blocks in.

    A definition among them has blank lines above it.
    """
    rows: list[cst.BaseStatement] = []
    for code in codes:
        lines = code.splitlines()
        text = "\n".join(_broken(line, layout, depth) for line in lines) if layout is not None else code
        rows += (s for s in cst.parse_module(text + "\n").body if isinstance(s, cst.BaseStatement))
    blank = [cst.EmptyLine(indent=False)] * (1 if depth else 2)
    return [r.with_changes(leading_lines=blank) if isinstance(r, cst.FunctionDef) else r for r in rows]


def _broken(line: str, layout: Layout, depth: int) -> str:
    parts = _LONG.fullmatch(line)
    if parts is None:
        return line
    steps = depth + len(parts["indent"]) // _STEP
    column = len(layout.indent) * steps + len(parts["start"])
    code = layout.expression(parts["expression"], column, steps)
    return f"{parts['indent']}{parts['start']}" + f"\n{parts['indent']}".join(code.split("\n"))
