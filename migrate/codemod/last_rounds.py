"""Conditions of a loop that its last round alone meets, or fails: `if i < len(self.features) - 1`."""

import ast

from .bindings import stored


def tells_last(test: ast.expr, loop: ast.For) -> bool | None:
    """Returns the answer that a test gives in the last round alone; None where it may give either in another one."""
    counter = _counter(loop)
    if not counter or any(counter in stored(s) for s in loop.body):
        return None
    return _told(test, loop, counter)


def _counter(loop: ast.For) -> str:
    """The name that counts the rounds from zero."""
    match loop.target, loop.iter:
        case ast.Tuple(elts=[ast.Name(id=name), *_]), ast.Call(
            func=ast.Name(id="enumerate"), args=[_], keywords=[]
        ):
            return name
        case ast.Name(id=name), ast.Call(func=ast.Name(id="range"), args=[_], keywords=[]):
            return name
    return ""


def _told(test: ast.expr, loop: ast.For, counter: str) -> bool | None:
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            told = _told(inner, loop, counter)
            return None if told is None else not told
        case ast.BoolOp(op=op, values=values):
            decides = isinstance(op, ast.And)  # a side of `and` is met, one of `or` failed, with all of them
            return decides if decides in [_told(value, loop, counter) for value in values] else None
        case ast.Compare(left=left, ops=[ast.Lt() | ast.NotEq()], comparators=[bound]):
            return False if _are_last(left, bound, loop, counter) else None
        case ast.Compare(left=left, ops=[ast.Eq() | ast.GtE()], comparators=[bound]):
            return True if _are_last(left, bound, loop, counter) else None
    return None


def _are_last(left: ast.expr, bound: ast.expr, loop: ast.For, counter: str) -> bool:
    """Tells whether two sides are equal in the last round: `i` and `n - 1`, `i + 1` and `n`."""
    match left:
        case ast.Name(id=name):
            return name == counter and is_last(bound, loop.iter) and stays(bound, loop)
        case ast.BinOp(left=ast.Name(id=name), op=ast.Add(), right=ast.Constant(value=1)):
            less = ast.BinOp(bound, ast.Sub(), ast.Constant(1))
            return name == counter and is_last(less, loop.iter) and stays(bound, loop)
    return False


def is_last(bound: ast.expr, iterated: ast.expr) -> bool:
    """Tells whether `len(xs) - 1` is the last number of `enumerate(xs)`, or `n - 1` that of `range(n)`."""
    match iterated:
        case ast.Call(func=ast.Name(id="range"), args=[*_, end], keywords=[]):
            return ast.unparse(bound) == f"{_in_a_sum(end)} - 1"
        case ast.Call(func=ast.Name(id="enumerate"), args=[listed], keywords=[]):
            return ast.unparse(bound) == f"len({ast.unparse(listed)}) - 1"
    return False


def _in_a_sum(node: ast.expr) -> str:
    plain = isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Constant | ast.Subscript)
    return ast.unparse(node) if plain else f"({ast.unparse(node)})"


def stays(bound: ast.expr, loop: ast.For) -> bool:
    """Tells whether an expression is the same in every round."""
    match bound:
        case ast.Constant(value=int()):
            return True
        case ast.Name(id=name):
            return name not in stored(loop)
        case ast.Attribute(value=ast.Name(id="self")):
            return True
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name() | ast.Attribute() as listed], keywords=[]):
            return stays(listed, loop) and not _changed(ast.unparse(listed), loop)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.FloorDiv(), right=right):
            return stays(left, loop) and stays(right, loop)
    return False


def _changed(listed: str, loop: ast.For) -> bool:
    """Tells whether a method of a list is called in the loop, or part of it is given another value."""
    nodes = (n for n in ast.walk(loop) if isinstance(n, ast.Attribute | ast.Subscript))
    return any(
        ast.unparse(n.value) == listed and (isinstance(n, ast.Attribute) or not isinstance(n.ctx, ast.Load))
        for n in nodes
    )
