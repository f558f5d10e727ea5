"""Which of several assignments to a local name a place reads: `norm = partial(...)` on each side of an `if`."""

import ast
from collections.abc import Sequence

from ..model import Method
from ..trees import walk

_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
_LOOPS = ast.For | ast.While | ast.AsyncFor


def reaching(node: ast.Name, method: Method, binders: Sequence[ast.AST]) -> ast.expr | None:
    """Returns what the only assignment to a name that can reach `node` binds it to.

    That is the last one before it, where it stands in the same block as `node` or as what that is in; nothing where
    another one may run between the two.
    """
    around = method.above(node)
    if any(isinstance(n, _FUNCTIONS) for each in (node, *binders) for n in method.above(each)):
        return None
    if any(isinstance(n, ast.comprehension) for each in binders for n in method.above(each)):
        return None  # a name of the comprehension's own
    anew = [b for b in binders if method.parents[b] in around]  # by the statement that reads it
    earlier = [b for b in binders if _place(b) < _place(node) and b not in anew]
    last = max(earlier, key=_place, default=None)
    statement = method.parents[last] if last is not None else None
    if not isinstance(statement, ast.Assign) or statement.targets != [last]:
        return None
    loops = [n for n in around if isinstance(n, _LOOPS) and statement not in walk(n)]
    again = any(binder in walk(loop) for loop in loops for binder in binders)
    beside = any(n in method.block(statement) for n in around)
    return statement.value if not again and beside else None


def _place(node: ast.AST) -> tuple[int, int]:
    assert isinstance(node, ast.stmt | ast.expr | ast.arg | ast.alias)
    return node.lineno, node.col_offset
