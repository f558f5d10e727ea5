"""A statement with several such calls, as one for each: `h = block(x, 8)`, then `x = block(h, 8)`."""

import ast
from collections.abc import Collection

from ..names import Names
from ..source import Source
from ..trees import walk
from .calls import moves
from .evaluated import in_order
from .text import with_parts

_VALUE, _MODULE = "h", "layer"
"""What a local is called that holds an array, or a module that is called once its arguments are there."""


def in_turn(
    statement: ast.stmt,
    calls: Collection[ast.Call],
    last: ast.Call | None,
    source: Source,
    names: Names,
    spelled: Collection[str],
) -> list[str] | None:
    """Returns the code of statements that each have one of the `calls`, the `last` of them in its own place.

    What the statement evaluates before a call, and may do something, comes before it. `spelled` are names that mean
    something there. None where a call may not happen, or happens more than once.
    """
    value = getattr(statement, "value", None)
    front = _front(statement, source)
    if value is None or front is None or any(isinstance(n, ast.NamedExpr) for n in walk(value)):
        return None
    turns = _Turns(calls, last, source, names, spelled)
    code = turns.code(value)
    return None if code is None else [*turns.rows, front + code]


def _front(statement: ast.stmt, source: Source) -> str | None:
    """What stands in front of the value of a statement."""
    match statement:
        case ast.Return():
            return "return "
        case ast.Assign(targets=[ast.Name() | ast.Tuple() | ast.Attribute() as target]):
            front = f"{source.segment(target)} = "
        case ast.AugAssign(target=ast.Name() as target, value=value):
            start, end = source.span(target), source.span(value)
            line = source.lines[start.line - 1]
            front = line[start.column : end.column] if start.line == end.line else "\n"
        case _:
            return None
    return None if "\n" in front else front


class _Turns:
    def __init__(
        self,
        calls: Collection[ast.Call],
        last: ast.Call | None,
        source: Source,
        names: Names,
        spelled: Collection[str],
    ):
        self.calls, self.last, self.source, self.names, self.taken = calls, last, source, names, {*spelled}
        self.rows: list[str] = []

    def code(self, node: ast.expr) -> str | None:
        """Returns the code of an expression that has some of the calls, when the rows have run."""
        parts: dict[ast.expr, str] = {}
        order = [*in_order(node)]
        holds = [any(n in self.calls for n in walk(each)) for each in order]
        last = max((place for place, held in enumerate(holds) if held), default=-1)
        below = {n for each in order for n in walk(each)}
        if any(n in self.calls and n is not node and n not in below for n in walk(node)):
            return None
        for each, held in zip(order[: last + 1], holds, strict=False):
            inner = each.value if isinstance(each, ast.Starred) else each
            stays = not held and moves(inner, 1, self.names)
            code = self.code(each) if held else with_parts(self.source, each, {})
            if code is None or (not stays and isinstance(each, ast.Starred | ast.Slice)):
                return None
            if not stays:
                parts[each] = (
                    code if held else self._bound(code, _MODULE if _is_called(node, each) else _VALUE)
                )
        found = with_parts(self.source, node, parts)
        hoisted = found is not None and node in self.calls and node is not self.last
        return self._bound(found, _VALUE) if hoisted and found is not None else found

    def _bound(self, code: str, name: str) -> str:
        names = (name, *(f"{name}_{k}" for k in range(1, len(self.taken) + 2)))
        free = next(n for n in names if n not in self.taken)
        self.taken.add(free)
        self.rows.append(f"{free} = {code}")
        return free


def _is_called(node: ast.expr, each: ast.expr) -> bool:
    return isinstance(node, ast.Call) and node.func is each
