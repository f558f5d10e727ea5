"""The code of conditions that are put together from those of the source."""

import ast
from collections.abc import Sequence

_OPPOSITE: dict[type[ast.cmpop], str] = {
    ast.Eq: "!=", ast.NotEq: "==", ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip


def negated(test: str) -> str:
    """Returns the condition that holds where `test` does not.

    >>> negated("kind == 'batch'"), negated("x < y"), negated("not flag"), negated("flag")
    ("kind != 'batch'", 'not (x < y)', 'flag', 'not flag')
    """
    match ast.parse(test, mode="eval").body:
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in _OPPOSITE:
            return f"{_part(test, left)} {_OPPOSITE[type(operator)]} {_part(test, right)}"
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return ast.get_source_segment(test, operand) or ""
        case ast.Name() | ast.Attribute() | ast.Call() | ast.Subscript():
            return f"not {test}"
    return f"not ({test})"


def conjunction(tests: Sequence[str]) -> str:
    """Returns the condition that holds where all of `tests` do.

    >>> conjunction(["a or b", "c == d"])
    '(a or b) and c == d'
    """
    if len(tests) == 1:
        return tests[0]
    loose = (ast.IfExp, ast.Lambda, ast.NamedExpr)
    bare = (ast.parse(test, mode="eval").body for test in tests)
    either = [
        isinstance(node, loose) or (isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or))
        for node in bare
    ]
    return " and ".join(f"({test})" if or_ else test for test, or_ in zip(tests, either, strict=True))


def _part(code: str, node: ast.expr) -> str:
    """The code of a part, in the brackets that it stands in."""
    text = ast.get_source_segment(code, node) or ""
    return f"({text})" if f"({text})" in code else text
