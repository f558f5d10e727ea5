"""A statement that the class no longer needs, read as one that says nothing."""

import ast

from ..model import LinenClass, Method
from ..rewording import Rewording, instead_of
from .text import one_line


def left_out(cls: LinenClass, method: Method, statement: ast.Assign) -> Rewording | None:
    """Returns `x = x` in the place of a statement, over as many lines: the writer leaves it out."""
    source, given = cls.source, next(iter(method.parameters), "")
    ahead = source.ahead(statement)
    if not given or ahead.strip() or one_line(source.segment(statement.value)) is None:
        return None
    rows = [f"{given} = {given}"] * ((statement.end_lineno or statement.lineno) - statement.lineno + 1)
    return instead_of(cls, statement, (source.newline + ahead).join(rows))
