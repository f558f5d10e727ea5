"""`with jax.named_scope("encoder"):` around what makes layers: a constructor makes them without it.

`with jax.ensure_compile_time_eval():` around what is computed of sizes: a constructor runs it as a call does.
"""

import ast
from collections.abc import Collection

from ..catalog.contexts import NAMES, NUMERICS
from .model import Method
from .names import Names


def is_left(block: ast.With, names: Names) -> bool:
    """Tells whether what is made in a block is the same without it."""
    return _are_all(block, NAMES, names)


def is_kept(block: ast.With, names: Names) -> bool:
    """Tells whether a constructor can run a block, which has no other effect than how values are computed."""
    return _are_all(block, NAMES | NUMERICS, names) and not is_left(block, names)


def _are_all(block: ast.With, known: Collection[str], names: Names) -> bool:
    """Tells whether a block enters only such contexts, and binds none of them to a name."""
    entered = [i.context_expr.func for i in block.items if isinstance(i.context_expr, ast.Call)]
    bound = any(item.optional_vars is not None for item in block.items)
    return len(entered) == len(block.items) and not bound and {names.resolve(f) for f in entered} <= {*known}


def blocks_around(statements: Collection[ast.stmt], method: Method) -> set[ast.With]:
    """Returns the blocks that some of the statements stand in."""
    around = (a for s in statements if s in method.parents for a in method.above(s))
    return {a for a in around if isinstance(a, ast.With)}
