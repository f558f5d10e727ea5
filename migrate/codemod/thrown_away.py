"""Layers that are made and never used, `nn.Dense(3)` or `norm = nn.LayerNorm()`: none has variables in Linen.

They go. One that a compact method makes without a name counts in Linen's automatic names all the same.
"""

import ast
from collections.abc import Collection

from .bindings import statements, stored
from .factories.program import Program, heirs
from .model import LinenClass, Method, MethodKind
from .names import Names
from .trees import walk

_MAKING = (MethodKind.COMPACT, MethodKind.SETUP)
_PURE = ("flax.linen.initializers.", "jax.nn.initializers.", "functools.partial")
_OTHERWISE = ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom
_SHRINKING = ast.If | ast.For
"""Blocks that go themselves, where nothing is left in them."""


def is_thrown_away(cls: LinenClass, method: Method, call: ast.Call, program: Program) -> bool:
    """Tells whether the layer that `call` makes is never mentioned again, and making it does nothing else.

    A class that inherits from `cls` may go on with its names: none is told of what has gone.
    """
    if method.kind not in _MAKING or any(heirs(cls, program)) or not _does_nothing(call, cls.names):
        return False
    statement = method.parents[call]
    above = method.parents.get(statement)
    if not isinstance(statement, ast.stmt) or above is None or _thrown(statement, method) is not call:
        return False
    left = any(_thrown(s, method) is None for s in method.block(statement))
    return left or isinstance(above, _SHRINKING)


def _thrown(statement: ast.stmt, method: Method) -> ast.Call | None:
    """The call of a statement that does no more than to make something of which nobody asks."""
    match statement:
        case ast.Expr(value=ast.Call() as call):
            return call
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
            return None if _is_mentioned(name, method) else call
    return None


def _is_mentioned(name: str, method: Method) -> bool:
    """Tells whether anything but an assignment has a name: a read, or a `nonlocal` of a function inside."""
    names = (n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == name)
    shared = (n for n in walk(method.node) if isinstance(n, ast.Global | ast.Nonlocal))
    return any(not isinstance(n.ctx, ast.Store) for n in names) or any(name in n.names for n in shared)


def _does_nothing(call: ast.Call, names: Names) -> bool:
    """Tells whether the arguments of a call are evaluated without any effect."""
    given = [*call.args, *(k.value for k in call.keywords)]
    nodes = [n for value in given for n in walk(value)]
    pure = ((names.resolve(n.func) or "").startswith(_PURE) for n in nodes if isinstance(n, ast.Call))
    return all(pure) and not any(isinstance(n, _OTHERWISE) for n in nodes)


def read_for(gone: Collection[ast.stmt], method: Method) -> set[ast.stmt]:
    """Returns what the method computes for those that go, as far as it does no more: `width = x.shape[-1]`."""
    read = {n.id for s in gone for n in walk(s) if isinstance(n, ast.Name)}
    return {
        s
        for s in statements(method.node.body)
        if isinstance(s, ast.Assign) and stored(s) and stored(s) <= read and _computes(s)
    }


def _computes(statement: ast.Assign) -> bool:
    names = all(isinstance(target, ast.Name) for target in statement.targets)
    return names and not any(isinstance(n, ast.Call | _OTHERWISE) for n in walk(statement))
