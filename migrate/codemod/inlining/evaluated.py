"""What an expression evaluates before something in it: there, nothing that may do something."""

import ast
from collections.abc import Iterator, Mapping

from ..trees import walk
from .calls import PLAIN


def is_first(inner: ast.expr, whole: ast.expr, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Tells whether an expression is evaluated in any case, and before it only names, literals and what they make."""
    node: ast.AST = inner
    while node is not whole:
        above = parents[node]
        if isinstance(above, ast.keyword):
            above = parents[above]
        order = [*in_order(above)]
        ahead = order[: order.index(node)] if node in order else None
        if ahead is None or not all(isinstance(n, PLAIN) for each in ahead for n in walk(each)):
            return False
        node = above
    return True


def in_order(node: ast.AST) -> Iterator[ast.expr]:
    """The parts of an expression that are evaluated in any case, in the order in which they are."""
    match node:
        case ast.Call(func=function, args=args, keywords=keywords):
            yield from (function, *args, *(k.value for k in keywords))
        case ast.BinOp(left=left, right=right):
            yield from (left, right)
        case ast.Tuple(elts=items) | ast.List(elts=items):
            yield from items
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                yield from ([key, value] if key is not None else [value])
        case ast.Subscript(value=value, slice=index):
            yield from (value, index)
        case ast.Attribute(value=value) | ast.UnaryOp(operand=value) | ast.Compare(left=value):
            yield value
        case ast.IfExp(test=test) | ast.BoolOp(values=[test, *_]):
            yield test
