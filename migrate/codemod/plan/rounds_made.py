"""Conditions in a loop that hold from its first round on, until they hold no more: `if i < len(self.features) - 1`."""

import ast

from ..bindings import stored
from ..last_rounds import is_last, stays
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
            return name == counter and stays(bound, loop)
        case ast.Compare(left=bound, ops=[ast.Gt() | ast.GtE()], comparators=[ast.Name(id=name)]):
            return name == counter and stays(bound, loop)
        case ast.Compare(left=ast.Name(id=name), ops=[ast.NotEq()], comparators=[bound]):
            return name == counter and stays(bound, loop) and is_last(bound, loop.iter)
    return False
