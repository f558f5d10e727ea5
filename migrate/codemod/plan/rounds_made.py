"""Conditions in a loop that hold from its first round on, until they hold no more: `if i < len(self.features) - 1`."""

import ast

from ..bindings import stored
from ..model import Method


def made_from_the_first(method: Method, call: ast.expr, loop: ast.For, counter: str) -> bool:
    """Tells whether the rounds that make what `call` makes are those before the first that does not.

    `counter` has the number of the round.
    """
    below: ast.AST = method.statement(call)
    for above in method.above(below):
        if above is loop:
            return not any(counter in stored(s) for s in loop.body)
        if not isinstance(above, ast.If) or below not in above.body:
            return False
        if not _until(above.test, loop, counter):
            return False
        below = above
    return False


def _until(test: ast.expr, loop: ast.For, counter: str) -> bool:
    match test:
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Lt() | ast.LtE()], comparators=[bound]):
            return name == counter and _stays(bound, loop)
        case ast.Compare(left=bound, ops=[ast.Gt() | ast.GtE()], comparators=[ast.Name(id=name)]):
            return name == counter and _stays(bound, loop)
        case ast.Compare(left=ast.Name(id=name), ops=[ast.NotEq()], comparators=[bound]):
            return name == counter and _stays(bound, loop) and _is_last(bound, loop.iter)
    return False


def _is_last(bound: ast.expr, iterated: ast.expr) -> bool:
    """`len(xs) - 1` is the last of `enumerate(xs)`, and `n - 1` that of `range(n)`."""
    match iterated:
        case ast.Call(func=ast.Name(id="range"), args=[*_, end], keywords=[]):
            return ast.unparse(bound) == f"{_in_a_sum(end)} - 1"
        case ast.Call(func=ast.Name(id="enumerate"), args=[listed], keywords=[]):
            return ast.unparse(bound) == f"len({ast.unparse(listed)}) - 1"
    return False


def _in_a_sum(node: ast.expr) -> str:
    plain = isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Constant | ast.Subscript)
    return ast.unparse(node) if plain else f"({ast.unparse(node)})"


def _stays(bound: ast.expr, loop: ast.For) -> bool:
    """Tells whether an expression is the same in every round."""
    match bound:
        case ast.Constant(value=int()):
            return True
        case ast.Name(id=name):
            return name not in stored(loop)
        case ast.Attribute(value=ast.Name(id="self")):
            return True
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name() | ast.Attribute() as listed], keywords=[]):
            return _stays(listed, loop) and not _changed(ast.unparse(listed), loop)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.FloorDiv(), right=right):
            return _stays(left, loop) and _stays(right, loop)
    return False


def _changed(listed: str, loop: ast.For) -> bool:
    """Tells whether a method of a list is called in the loop, or part of it is given another value."""
    nodes = (n for n in ast.walk(loop) if isinstance(n, ast.Attribute | ast.Subscript))
    return any(
        ast.unparse(n.value) == listed and (isinstance(n, ast.Attribute) or not isinstance(n.ctx, ast.Load))
        for n in nodes
    )
