"""Parameters that are only counted: their number is the same in any order and by any names."""

import ast

from .mentions import Mentions

_LEAVES = frozenset({"jax.tree.leaves", "jax.tree_util.tree_leaves", "jax.tree_leaves"})
_PRODUCTS = frozenset({"int", "math.prod", "numpy.prod", "jax.numpy.prod"})


def is_count(leaves: ast.Call, mentions: Mentions) -> bool:
    """Tells whether a call is the `jax.tree.leaves(params)` of `sum(leaf.size for leaf in jax.tree.leaves(params))`."""
    if mentions.names.resolve(leaves.func) not in _LEAVES or len(leaves.args) != 1 or leaves.keywords:
        return False
    row = mentions.parents[leaves]
    if not (isinstance(row, ast.comprehension) and row.iter is leaves and not row.ifs):
        return False
    rows = mentions.parents[row]
    total = mentions.parents[rows]
    return (
        isinstance(rows, ast.GeneratorExp | ast.ListComp)
        and rows.generators == [row]
        and isinstance(total, ast.Call)
        and mentions.names.resolve(total.func) == "sum"
        and total.args == [rows]
        and isinstance(row.target, ast.Name)
        and _is_size(rows.elt, row.target.id, mentions)
    )


def _is_size(node: ast.expr, leaf: str, mentions: Mentions) -> bool:
    """Tells whether `node` is a whole number that comes of no more than the shape of an array."""
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr="size" | "shape"):
            return name == leaf
        case ast.Call(func=function, args=[given], keywords=[]):
            return mentions.names.resolve(function) in _PRODUCTS and _is_size(given, leaf, mentions)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _is_size(left, leaf, mentions) and _is_size(right, leaf, mentions)
        case ast.Constant(value=int()):
            return True
    return False
