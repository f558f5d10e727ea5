"""Which reads of a local mean the variable that it is bound to, where it is also bound to other things."""

import ast
from collections.abc import Iterable, Set

from .bindings import defines, loads, statements
from .model import Creation, Method, Refused

_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def variable_reads(method: Method, creations: Iterable[Creation]) -> dict[ast.Name, Creation | Refused]:
    """Returns the reads that mean a variable; where two bindings may be meant, the reason to refuse the class."""
    found: dict[ast.Name, Creation | Refused] = {}
    creations = tuple(creations)
    calls: set[ast.AST] = {c.call for c in creations}  # what stands in these is evaluated at once
    for creation in creations:
        if isinstance(creation.target, ast.Name):
            for read in loads(method.node.body, creation.target.id):
                meant = _meant(method, creation, read, calls)
                if meant is not None and not isinstance(found.get(read), Creation):
                    found[read] = meant
    return found


def _meant(
    method: Method, creation: Creation, read: ast.Name, calls: Set[ast.AST]
) -> Creation | Refused | None:
    """Returns the creation if the read means it, None if it means something else."""
    order = list(statements(method.node.body))
    makers = [s for s in order if read.id in defines(s)]
    made, user = method.statement(creation.call), _user(method, order, read)
    if makers == [made] and read.id not in method.parameters:
        return creation
    above = method.above(read)
    looped = bool(_loops(above) & _loops(method.above(made)))
    later = any(isinstance(a, _LATER) for a in above) and not calls & set(above)
    if not looped and not later:
        if order.index(user) <= order.index(made):
            return None
        between = [s for s in makers if order.index(made) < order.index(s) < order.index(user)]
        if any(_always_before(method, s, above) for s in between):
            return None
        earlier = [s for s in makers if _loops(method.above(s)) & _loops(above)]  # in another round
        if not between and not earlier and _always_before(method, made, above):
            return creation
    return Refused("MN201", read, f"`{read.id}` may be the variable here, or what else it is bound to")


def _loops(above: list[ast.AST]) -> set[ast.AST]:
    return {a for a in above if isinstance(a, ast.For | ast.While)}


def _user(method: Method, order: list[ast.stmt], node: ast.AST) -> ast.stmt:
    """Returns the method's own statement that a node stands in, which may be below a nested function."""
    statement = method.statement(node)
    while statement not in order:
        statement = method.statement(method.parents[statement])
    return statement


def _always_before(method: Method, statement: ast.stmt, above: list[ast.AST]) -> bool:
    plain = isinstance(statement, ast.Assign) and all(isinstance(t, ast.Name) for t in statement.targets)
    block = method.block(statement)
    return plain and any(step in block for step in above)
