"""The ways through a function: each has to end in the call that makes the module, or in an error."""

import ast
from collections.abc import Iterator, Sequence

from ..trees import walk
from .records import Leaf

_PLAIN = ast.Assign | ast.AnnAssign | ast.Assert | ast.Pass
_OTHERWISE = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr, ast.Starred)


def body_of(function: ast.FunctionDef) -> list[ast.stmt]:
    """Returns the statements behind the docstring."""
    first = function.body[0]
    described = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return function.body[described:]


def made_at(function: ast.FunctionDef) -> list[Leaf] | None:
    """Returns the leaves of a function that returns what it makes."""
    return _leaves(body_of(function), "", falls=False)


def called_at(function: ast.FunctionDef, array: str) -> tuple[list[Leaf], ast.Return | None] | None:
    """Returns the leaves of a function that calls what it makes with its parameter `array`, and returns that.

    Besides the leaves `x = Norm()(x)`, it has a `return x` behind all of them.
    """
    body = body_of(function)
    last: ast.Return | None = None
    match body:
        case [*before, ast.Return(value=ast.Name(id=name)) as end] if name == array and before:
            last, found = end, _leaves(before, array, falls=True)
        case _:
            found = _leaves(body, array, falls=False)
    if found is None:
        return None
    mine = [n for leaf in found for n in (*walk(leaf.statement),)] + (
        [*walk(last)] if last is not None else []
    )
    inside = {n for statement in body for n in walk(statement) if isinstance(n, ast.Name) and n.id == array}
    return (found, last) if inside <= {*mine} else None


def _leaves(block: Sequence[ast.stmt], array: str, *, falls: bool) -> list[Leaf] | None:
    """The leaves of a block on all of whose ways there is one; None where there is a way without.

    With `falls`, its last statement may be `x = Norm()(x)`.
    """
    if not block:
        return None
    *before, last = block
    found: list[Leaf] = []
    for statement in before:
        inner = _on_the_way(statement, array)
        if inner is None:
            return None
        found += inner
    match last:
        case ast.Raise():
            return found
        case ast.If(body=body, orelse=orelse):
            yes, no = _leaves(body, array, falls=falls), _leaves(orelse, array, falls=falls)
            return None if yes is None or no is None else [*found, *yes, *no]
    leaf = _leaf(last, array, falls)
    return [*found, leaf] if leaf is not None else None


def _on_the_way(statement: ast.stmt, array: str) -> list[Leaf] | None:
    """A statement with others behind it: a side of a condition may end the function."""
    if isinstance(statement, _PLAIN):
        return [] if not any(isinstance(n, _OTHERWISE) for n in walk(statement)) else None
    if not isinstance(statement, ast.If):
        return None
    found: list[Leaf] = []
    for side in (statement.body, statement.orelse):
        ends = any(isinstance(n, ast.Return) for s in side for n in walk(s))
        inner = _leaves(side, array, falls=False) if ends else _passing(side, array)
        if inner is None:
            return None
        found += inner
    return found


def _passing(block: Sequence[ast.stmt], array: str) -> list[Leaf] | None:
    """A block that has no leaf, and may raise."""
    through = [s for s in block if not isinstance(s, ast.Raise)]
    return [] if all(_on_the_way(s, array) == [] for s in through) else None


def _leaf(statement: ast.stmt, array: str, falls: bool) -> Leaf | None:
    match statement:
        case ast.Return(value=ast.Call() as call) if not array:
            return Leaf(statement, call)
        case ast.Return(value=ast.Call(func=ast.Call() as call, args=[ast.Name(id=name)], keywords=[])) if (
            name == array and not falls
        ):
            return Leaf(statement, call)
        case ast.Assign(
            targets=[ast.Name(id=target)],
            value=ast.Call(func=ast.Call() as call, args=[ast.Name(id=name)], keywords=[]),
        ) if name == target == array and falls:
            return Leaf(statement, call)
    return None


def items_of(function: ast.FunctionDef, name: str) -> tuple[str, ...] | None:
    """Returns the keys of a dict that the function fills under their names, and only unpacks: `**kwargs`."""
    keys: list[str] = []
    known: set[ast.AST] = set()
    made = 0
    for node in walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=target) as store], value=ast.Dict() as value) if (
                target == name
            ):
                texts = [k.value if isinstance(k, ast.Constant) else None for k in value.keys]
                keys += [str(text) if isinstance(text, str) else "" for text in texts]
                known.add(store)
                made += 1
            case ast.Assign(
                targets=[ast.Subscript(value=ast.Name(id=target) as read, slice=ast.Constant(value=str(key)))]
            ) if target == name:
                keys.append(key)
                known.add(read)
            case ast.keyword(arg=None, value=ast.Name(id=target) as read) if target == name:
                known.add(read)
    every = set(_mentions(function, name))
    return tuple(dict.fromkeys(keys)) if made == 1 and every == known and "" not in keys else None


def _mentions(function: ast.FunctionDef, name: str) -> Iterator[ast.AST]:
    yield from (n for n in walk(function) if isinstance(n, ast.Name) and n.id == name)
    yield from (n for n in walk(function) if isinstance(n, ast.arg) and n.arg == name)
