"""Statements as rows of a block: blank lines above them, docstrings, comments that belong to them."""

from collections.abc import Sequence

import libcst as cst


def rows_of(suite: cst.BaseSuite) -> Sequence[cst.BaseStatement]:
    if isinstance(suite, cst.IndentedBlock):
        return suite.body
    return (
        [cst.SimpleStatementLine(suite.body)]
        if isinstance(suite, cst.SimpleStatementSuite) and suite.body
        else []
    )


def is_docstring(row: cst.CSTNode) -> bool:
    return (
        isinstance(row, cst.SimpleStatementLine) and len(row.body) == 1 and isinstance(row.body[0], cst.Expr)
        and isinstance(row.body[0].value, cst.SimpleString | cst.ConcatenatedString)
    )  # fmt: skip


def same_place(before: cst.CSTNode, after: cst.CSTNode) -> bool:
    lines = getattr(before, "leading_lines", None)
    return lines is not None and lines is getattr(after, "leading_lines", ())


def without_leading_blank(row: cst.BaseStatement) -> cst.BaseStatement:
    lines = list(getattr(row, "leading_lines", ()))
    while lines and lines[0].comment is None:
        lines.pop(0)
    return row.with_changes(leading_lines=lines)


def with_blank_line(row: cst.BaseStatement) -> cst.BaseStatement:
    bare = without_leading_blank(row)
    return bare.with_changes(leading_lines=[cst.EmptyLine(indent=False), *bare.leading_lines])  # type: ignore[attr-defined]


def below(lines: Sequence[cst.EmptyLine], written: object) -> object:
    """Puts lines above a statement, or above the first of several."""
    if isinstance(written, cst.FlattenSentinel):
        first, *others = written
        return cst.FlattenSentinel([below(lines, first), *others])
    if not isinstance(written, cst.SimpleStatementLine | cst.BaseCompoundStatement):
        return written
    return written.with_changes(leading_lines=[*lines, *getattr(written, "leading_lines", ())])


def is_gone(row: cst.BaseStatement) -> bool:
    """Tells whether a statement stands for a method that is read where it is called."""
    match row:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Ellipsis(lpar=[_, *_]))]):
            return True
    return False
