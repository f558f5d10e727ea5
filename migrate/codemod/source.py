"""One Python file: its bytes, its text, its syntax tree, and where things stand in it."""

import ast
import io
import tokenize
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from .trees import names_in


class Span(NamedTuple):
    """Where a node stands: lines from 1, columns from 0 and in characters, as libcst counts them."""

    line: int
    column: int
    end_line: int
    end_column: int


class Unreadable(ValueError):  # noqa: N818
    """The file does not decode or does not parse; `line` and `column` count from 1."""

    def __init__(self, message: str, line: int = 1, column: int = 1):
        super().__init__(message)
        self.line, self.column = line, column


@dataclass(frozen=True, eq=False)
class Source:
    """A parsed file. `text` is what was decoded, with the newlines it had; `module` its dotted name.

    Where it is read as other code, `numbers` has the line of the user's file for each line, from 1, and `gone` the
    names that only the user's code reads.
    """

    path: str
    data: bytes
    encoding: str
    bom: bytes
    text: str
    tree: ast.Module
    module: str
    numbers: Sequence[int] = ()
    gone: frozenset[str] = frozenset()

    def number(self, line: int) -> int:
        """Returns the line of the user's file that stands in this one."""
        return self.numbers[line - 1] if self.numbers else line

    @cached_property
    def lines(self) -> list[str]:
        """The lines with their ends; only `\\n`, `\\r\\n` and `\\r` end a line, as for the parser."""
        return list(io.StringIO(self.text, newline=""))

    @cached_property
    def names_at_top(self) -> list[str]:
        """The names that the statements at the top bind, each as often as they do."""
        return names_in(self.tree.body)

    @cached_property
    def newline(self) -> str:
        first = self.lines[0] if self.lines else ""
        return "\r\n" if first.endswith("\r\n") else "\r" if first.endswith("\r") else "\n"

    def span(self, node: ast.AST) -> Span:
        """Returns where `node` stands. The standard library counts columns in UTF-8 bytes, this in characters."""
        line, end_line = node.lineno, node.end_lineno  # type: ignore[attr-defined]
        return Span(
            line,
            self._characters(line, node.col_offset),  # type: ignore[attr-defined]
            end_line,
            self._characters(end_line, node.end_col_offset),  # type: ignore[attr-defined]
        )

    def segment(self, node: ast.AST) -> str:
        """Returns the source text of `node`."""
        line, column, end_line, end_column = self.span(node)
        lines = self.lines[line - 1 : end_line]
        lines[-1] = lines[-1][:end_column]
        lines[0] = lines[0][column:]
        return "".join(lines)

    def behind(self, node: ast.AST) -> str:
        """Returns what stands behind `node` on its last line, such as a comment."""
        span = self.span(node)
        return self.lines[span.end_line - 1][span.end_column :].strip()

    def ahead(self, node: ast.AST) -> str:
        """Returns what stands in front of `node` on its line."""
        span = self.span(node)
        return self.lines[span.line - 1][: span.column]

    def _characters(self, line: int, offset: int) -> int:
        text = self.lines[line - 1]
        return offset if text.isascii() else len(text.encode()[:offset].decode(errors="ignore"))

    def encode(self, text: str) -> bytes:
        """Returns `text` as bytes in the encoding and with the byte order mark that the file had."""
        return self.bom + text.encode(self.encoding)


def parse(path: str, data: bytes, module: str) -> Source:
    """Decodes and parses one file. Raises Unreadable."""
    bom = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        encoding = "utf-8" if encoding == "utf-8-sig" else encoding
        text = data[len(bom) :].decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        raise Unreadable(f"cannot be decoded: {error}") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in somebody's string is not ours to report
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        message = f"cannot be parsed: {getattr(error, 'msg', None) or error or type(error).__name__}"
        raise Unreadable(
            message, getattr(error, "lineno", 1) or 1, getattr(error, "offset", 1) or 1
        ) from error
    return Source(path, data, encoding, bom, text, tree, module)


def functions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef]:
    """The plain functions of a class or module body; `async def` has no part in a Linen module."""
    return (node for node in body if isinstance(node, ast.FunctionDef))
