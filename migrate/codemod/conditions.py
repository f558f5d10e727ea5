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
    """Returns the condition that holds where all of `tests` do, without those that another one implies.

    >>> conjunction(["a or b", "c == d"]), conjunction(["kind != 'x'", "kind == 'y'"])
    ('(a or b) and c == d', "kind == 'y'")
    """
    nodes = {test: ast.parse(test, mode="eval").body for test in tests}
    values = {place: value for node in nodes.values() for place, value in _compared(node, ast.Eq)}
    needed = [t for t in tests if not any(values.get(p, v) != v for p, v in _compared(nodes[t], ast.NotEq))]
    if len(needed) == 1:
        return needed[0]
    return " and ".join(f"({test})" if _is_loose(nodes[test]) else test for test in needed)


def _compared(node: ast.expr, operator: type[ast.cmpop]) -> list[tuple[str, object]]:
    """What a comparison with a literal compares, and with which."""
    match node:
        case ast.Compare(left=left, ops=[found], comparators=[ast.Constant(value=value)]) if isinstance(
            found, operator
        ):
            return [(ast.unparse(left), value)]
    return []


def _is_loose(node: ast.expr) -> bool:
    either = isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or)
    return either or isinstance(node, ast.IfExp | ast.Lambda | ast.NamedExpr)


def _part(code: str, node: ast.expr) -> str:
    """The code of a part, in the brackets that it stands in."""
    text = ast.get_source_segment(code, node) or ""
    return f"({text})" if f"({text})" in code else text
