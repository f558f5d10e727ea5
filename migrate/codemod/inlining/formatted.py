"""f-strings with other code in the places of names: `f"conv{block}_{i}"`, where `block` is 1, is `f"conv1_{i}"`."""

import ast
import re
from collections.abc import Mapping

from ..source import Source
from ..trees import walk
from .text import with_code

_ODD = "\\{}"


def is_plain(node: ast.JoinedStr) -> bool:
    """Tells whether values stand in it as they are, without a conversion or a format."""
    values = [v for v in node.values if isinstance(v, ast.FormattedValue)]
    nested = (n for n in walk(node) if n is not node)
    return all(v.conversion == -1 and v.format_spec is None for v in values) and not any(
        isinstance(n, ast.JoinedStr) for n in nested
    )


def formatted(source: Source, node: ast.JoinedStr, instead: Mapping[ast.Name, str]) -> str | None:
    """Returns the code of such a text; numbers and texts that come into it are spelled out."""
    found = re.fullmatch(r"[fF](['\"])[^\\]*\1", source.segment(node))
    if found is None or found[1] in source.segment(node)[2:-1]:
        return None
    pieces = [_piece(source, value, instead) for value in node.values]
    known = [piece for piece in pieces if piece is not None]
    quote, text = found[1], "".join(known)
    if len(known) < len(pieces) or quote in text or "\n" in text:
        return None
    read = walk(ast.parse(f"f{quote}{text}{quote}"))
    if any(isinstance(n, ast.FormattedValue) for n in read):
        return f"f{quote}{text}{quote}"
    return f"{quote}{text.format()}{quote}"


def _piece(source: Source, value: ast.expr, instead: Mapping[ast.Name, str]) -> str | None:
    if isinstance(value, ast.Constant):
        return str(value.value).replace("{", "{{").replace("}", "}}")
    assert isinstance(value, ast.FormattedValue)
    if any(source.segment(n) != n.id for n in walk(value) if isinstance(n, ast.Name)):
        return None  # where it stands is not known
    code = with_code(source, value.value, instead)
    if code is None or "{" in code:
        return None
    told = ast.parse(code, mode="eval").body
    if not isinstance(told, ast.Constant):
        return f"{{{code}}}"
    text = format(told.value) if type(told.value) in (int, str) else None
    return text if text is not None and not {*text} & {*_ODD} else None
