"""Cases of a `match` of which nothing is left: no other case may take what came to them."""

import libcst as cst


def with_pass(case: cst.MatchCase) -> cst.MatchCase:
    return case.with_changes(body=cst.IndentedBlock([cst.SimpleStatementLine([cst.Pass()])]))


def is_empty(match: cst.Match) -> bool:
    """Tells whether no case does anything."""
    rows = (row for case in match.cases for row in case.body.body)
    return all(isinstance(row, cst.SimpleStatementLine) and _passes(row) for row in rows)


def _passes(row: cst.SimpleStatementLine) -> bool:
    return all(isinstance(statement, cst.Pass) for statement in row.body)
