"""An expression as one line of code, some of its names replaced: quotes and spaces stay as the user wrote them."""

import ast
import io
import tokenize
from collections.abc import Mapping, Sequence

from ..comments import comments_above
from ..source import Source

_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_HERE = "__here__"
_TIMES = ast.Mult | ast.Div | ast.FloorDiv | ast.Mod
_SKIPPED = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def one_line(code: str, instead: Mapping[tuple[int, int], str] | None = None) -> str | None:
    """Returns the code of an expression without line breaks; None where a comment stands in it.

    `instead` has code for the names that stand at some places, lines from 1 and columns in characters.
    """
    found: list[tokenize.TokenInfo] = []
    for token in tokenize.generate_tokens(io.StringIO(f"({code})").readline):
        if token.type == tokenize.COMMENT or "\n" in token.string.strip("\n"):
            return None
        if token.type not in _SKIPPED:
            found.append(token)
    text = "".join(_joined(found, instead or {}))
    return text[1:-1].strip()


def with_code(source: Source, node: ast.expr, instead: Mapping[ast.Name, str]) -> str | None:
    """Returns the code of an expression on one line, other code in the places of some names below it."""
    start = source.span(node)
    places = {}
    for name, code in instead.items():
        line, column, *_ = source.span(name)
        places[line - start.line + 1, column - (start.column if line == start.line else 0)] = code
    return one_line(source.segment(node), places)


def around(source: Source, node: ast.expr, inner: ast.expr) -> tuple[str, str] | None:
    """Returns the code of an expression in front of one that stands in it, and behind that, without line breaks."""
    start, end = source.span(node), source.span(inner)
    lines = source.segment(node).splitlines(keepends=True)
    ahead = [*lines[: end.line - start.line], lines[end.line - start.line]]
    ahead[-1] = ahead[-1][: end.column - (start.column if end.line == start.line else 0)]
    behind = lines[end.end_line - start.line :]
    behind[0] = behind[0][end.end_column - (start.column if end.end_line == start.line else 0) :]
    code = one_line("".join([*ahead, _HERE, *behind]))
    front, _, back = (code or "").partition(_HERE)
    return (front, back) if code is not None else None


def with_parts(source: Source, node: ast.expr, parts: Mapping[ast.expr, str]) -> str | None:
    """Returns the code of an expression on one line, other code in the places of some that stand in it."""
    start = source.span(node)
    lines = source.segment(node).splitlines(keepends=True)
    spans = sorted(((source.span(part), code) for part, code in parts.items()), reverse=True)
    for (line, column, end, end_column), code in spans:
        first, last = line - start.line, end - start.line
        ahead = lines[first][: column - (0 if first else start.column)]
        behind = lines[last][end_column - (0 if last else start.column) :]
        lines[first : last + 1] = [f"{ahead}{code}{behind}"]
    return one_line("".join(lines))


def dedented(
    source: Source, statements: Sequence[ast.stmt], lines: Sequence[str] | None = None
) -> list[str] | None:
    """Returns the lines of some statements, and of comments in front, without what they are set off by.

    They may be read from other `lines` than those of the file.
    """
    lines = source.lines if lines is None else lines
    indent = source.ahead(statements[0])
    start = source.span(statements[0]).line - len(comments_above(source, statements[0]))
    rows = [row.rstrip("\r\n") for row in lines[start - 1 : source.span(statements[-1]).end_line]]
    if indent.strip() or not all(row.startswith(indent) or not row.strip() for row in rows):
        return None
    return [row.removeprefix(indent) if row.strip() else "" for row in rows]


def _joined(tokens: list[tokenize.TokenInfo], instead: Mapping[tuple[int, int], str]) -> list[str]:
    parts: list[str] = []
    for before, token, behind in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        broken = before is not None and before.end[0] != token.start[0]
        if before is not None and not broken:
            parts.append(" " * (token.start[1] - before.end[1]))
        elif before is not None and before.string not in _OPENING and token.string not in _CLOSING:
            parts.append(" ")
        last = behind is not None and behind.string in _CLOSING and behind.start[0] != token.end[0]
        if token.string == "," and last:
            continue  # it stands there for the line break's sake
        line, column = token.start
        parts.append(instead.get((line, column - (line == 1)), token.string))
    return parts


def needs_none(argument: ast.expr, above: ast.AST, name: ast.Name) -> bool:
    """Tells whether an argument means the same without parentheses in the place of a name below `above`."""
    if isinstance(argument, ast.Name | ast.Attribute | ast.Subscript | ast.Call):
        return True
    if isinstance(argument, ast.Constant):
        return not isinstance(above, ast.Attribute)
    if isinstance(argument, ast.BinOp) and isinstance(argument.op, _TIMES) and isinstance(above, ast.BinOp):
        return isinstance(above.op, ast.Add | ast.Sub)
    given = isinstance(above, ast.Call) and above.func is not name
    return given or isinstance(above, ast.keyword | ast.Tuple | ast.List)
