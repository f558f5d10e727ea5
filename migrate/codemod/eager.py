"""`with jax.ensure_compile_time_eval():` around what is computed of sizes: a constructor runs it as a call does."""

import ast
from collections.abc import Collection

from .model import Method
from .names import Names

_EAGER = "jax.ensure_compile_time_eval"


def is_eager(block: ast.With, names: Names) -> bool:
    """Tells whether a block has no other effect than that its arrays are computed on the spot."""
    match block.items:
        case [ast.withitem(context_expr=ast.Call(func=function, args=[], keywords=[]), optional_vars=None)]:
            return names.resolve(function) == _EAGER
    return False


def eager_around(statements: Collection[ast.stmt], method: Method, names: Names) -> set[ast.With]:
    """Returns such blocks that some of the statements stand in."""
    around = (a for s in statements if s in method.parents for a in method.above(s))
    return {a for a in around if isinstance(a, ast.With) and is_eager(a, names)}
