"""Source text with replacements put in, and the comments that belong to a statement."""

import inspect
import re
import textwrap

import libcst as cst

from ..model import Field
from ..source import Span
from .units import code_of


def described(field: Field, width: int) -> list[str]:
    """Returns the string that describes a field as comment lines: a parameter can have no string behind it."""
    if field.doc is None:
        return []
    text = re.sub(
        r"^[rRuU]?(\"{3}|'{3}|\"|')(.*)\1$", r"\2", field.source.segment(field.doc), flags=re.DOTALL
    )
    lines = inspect.cleandoc(text).splitlines()
    return [f"# {row}".rstrip() for line in lines for row in _wrapped(line, width - 2)]


def _wrapped(line: str, width: int) -> list[str]:
    margin = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(line, width, subsequent_indent=margin) or [""]


def spliced(text: str, place: Span, replace: dict[Span, str]) -> str:
    """Puts replacements into the text of an expression that stands at `place`, on one line."""
    lines = text.splitlines()
    inside = (s for s in replace if place[:2] <= s[:2] and s[2:] <= place[2:])
    for span in sorted(inside, reverse=True):
        row = span.line - place.line
        shift = place.column if row == 0 else 0
        lines[row] = lines[row][: span.column - shift] + replace[span] + lines[row][span.end_column - shift :]
    return (
        lines[0]
        if len(lines) == 1
        else code_of(cst.parse_expression(f"({chr(10).join(lines)})"))[1:-1].strip()
    )
