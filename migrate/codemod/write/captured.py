"""Statements that sow, which an `if` lets happen within nnx.capture alone."""

from collections.abc import Collection

import libcst as cst

from ..plan.sown import CAPTURED
from .layout import Layout
from .units import code_of


def within_capture(row: cst.SimpleStatementLine, this: str, layout: Layout, depth: int) -> cst.If:
    """Returns the `if` around a statement that sows into the module `this`; its comments stay above and beside."""
    (statement,) = row.body
    if "\n" not in cst.Module([]).code_for_node(statement):  # it stands one step further in
        code = layout.expression(code_of(statement), len(layout.indent) * (depth + 1), depth + 1)
        statement = cst.Expr(cst.parse_expression(code))
    inner = row.with_changes(leading_lines=(), body=[statement])
    test = cst.parse_expression(CAPTURED.format(this))
    header = cst.TrailingWhitespace(cst.SimpleWhitespace("  "), cst.Comment("# within nnx.capture"))
    return cst.If(test, cst.IndentedBlock([inner], header=header), leading_lines=row.leading_lines)


def as_one(block: cst.IndentedBlock, guards: Collection[cst.CSTNode]) -> cst.IndentedBlock:
    """Returns the block with one `if` in the place of several of those `guards` that follow each other."""
    rows: list[cst.BaseStatement] = []
    run: list[cst.If] = []
    for row in block.body:
        bare = isinstance(row, cst.If) and row in guards and not row.leading_lines
        if bare and run:
            run.append(cst.ensure_type(row, cst.If))
            inner = [each for guard in run for each in guard.body.body]
            rows[-1] = run[0].with_changes(body=run[0].body.with_changes(body=inner))
            continue
        run = [cst.ensure_type(row, cst.If)] if row in guards else []
        rows.append(row)
    return block.with_changes(body=rows)
