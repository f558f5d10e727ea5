"""One element a round, as a condition decides: `if wide: b = Wide() else: b = Plain()`, then `blocks.append(b)`."""

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .model import Method


class Sides(NamedTuple):
    """The calls of the sides of the condition, one of which every round appends to the list `name`."""

    name: str
    calls: Sequence[ast.Call]
    loop: ast.For


def sides_of(method: Method, call: ast.Call) -> Sides | None:
    """Returns the list that each side of the condition around `call` adds one element to."""
    loop, chain = _around(method, call)
    if loop is None or chain is None:
        return None
    blocks = [block for block in _blocks(chain) if not (block and isinstance(block[-1], ast.Raise))]
    return _each_appends(loop, blocks) or _one_appends(method, loop, chain, blocks)


def _around(method: Method, call: ast.Call) -> tuple[ast.For | None, ast.If | None]:
    """The loop, and the whole of the condition in its body that a call stands on a side of."""
    chain, above = None, method.parents[method.statement(call)]
    while isinstance(above, ast.If):
        chain, above = above, method.parents[above]
    return (above if isinstance(above, ast.For) and chain in above.body else None), chain


def _blocks(chain: ast.If) -> Iterator[Sequence[ast.stmt]]:
    """The sides of a condition, also behind each `elif`; an empty one where there is no `else`."""
    yield chain.body
    match chain.orelse:
        case [ast.If() as other]:
            yield from _blocks(other)
        case other:
            yield other


def _each_appends(loop: ast.For, blocks: Sequence[Sequence[ast.stmt]]) -> Sides | None:
    """`if wide: blocks.append(Wide()) else: blocks.append(Plain())`."""
    found = [[added for s in block if (added := _appended(s)) is not None] for block in blocks]
    names = {name for each in found for name, _ in each}
    if len(names) != 1 or any(len(each) != 1 for each in found):
        return None
    (name,) = names
    calls = [value for [(_, value)] in found if isinstance(value, ast.Call)]
    return Sides(name, calls, loop) if len(calls) == len(found) == len(_named(loop, name)) else None


def _one_appends(
    method: Method, loop: ast.For, chain: ast.If, blocks: Sequence[Sequence[ast.stmt]]
) -> Sides | None:
    """Each side binds one local name, which is then appended, and read nowhere else."""
    behind = loop.body[loop.body.index(chain) + 1 :]
    for name, value in (added for s in behind if (added := _appended(s)) is not None):
        calls = [c for block in blocks if (c := _bound(block, value)) is not None]
        spelled = _named(method.node, value.id) if isinstance(value, ast.Name) else []
        alone = len(spelled) == len(calls) + 1 and len(_named(loop, name)) == 1
        if calls and len(calls) == len(blocks) and alone and ast.unparse(value) not in method.parameters:
            return Sides(name, calls, loop)
    return None


def _appended(statement: ast.stmt) -> tuple[str, ast.expr] | None:
    match statement:
        case ast.Expr(
            value=ast.Call(func=ast.Attribute(ast.Name(name), "append"), args=[value], keywords=[])
        ):
            return name, value
    return None


def _bound(block: Sequence[ast.stmt], name: ast.expr) -> ast.Call | None:
    """The call that a side binds the name to, once."""
    for statement in block:
        match statement:
            case ast.Assign(targets=[ast.Name(own)], value=ast.Call() as call) if (
                isinstance(name, ast.Name) and own == name.id
            ):
                return call
    return None


def _named(node: ast.AST, name: str) -> list[ast.Name]:
    return [n for n in ast.walk(node) if isinstance(n, ast.Name) and n.id == name]
