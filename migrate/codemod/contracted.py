"""`x @ w` of a `w` with as many rows as `x.shape[0]` says: that is the last axis of x too, whatever x has in front."""

import ast

from .bindings import defines
from .model import Method
from .names import Names
from .trees import walk

_PRODUCTS = frozenset({"jax.numpy.dot", "jax.numpy.matmul"})


def is_contracted(method: Method, size: ast.AST, names: Names) -> bool:
    """Tells whether every call multiplies the array of `size`, which is `x.shape[0]`, by a matrix of so many rows."""
    match size, method.parents.get(size):
        case (
            ast.Subscript(
                value=ast.Attribute(value=ast.Name(id=array), attr="shape"), slice=ast.Constant(value=0)
            ),
            ast.Tuple(elts=[first, _]) as shape,
        ) if first is size:
            made = method.statement(size)
            alone = shape in getattr(method.parents.get(shape), "args", ())
        case _:
            return False
    match made:
        case ast.Assign(
            targets=[ast.Name(id=matrix)], value=ast.Call(func=ast.Attribute(attr="param")) as call
        ):
            alone = alone and shape in call.args and made in method.node.body
        case _:
            return False
    for statement in method.node.body[method.node.body.index(made) + 1 :] if alone else ():
        if any(_multiplies(node, array, matrix, names) for node in walk(statement)) and _is_plain(statement):
            return True
        if {array, matrix} & defines(statement):
            return False
    return False


def _is_plain(statement: ast.stmt) -> bool:
    """Tells whether whatever stands in a statement is come to."""
    odd = ast.IfExp | ast.BoolOp | ast.Lambda | ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp
    return isinstance(statement, ast.Assign | ast.Return | ast.Expr) and not any(
        isinstance(n, odd) for n in walk(statement)
    )


def _multiplies(node: ast.AST, array: str, matrix: str, names: Names) -> bool:
    match node:
        case ast.BinOp(left=ast.Name(id=left), op=ast.MatMult(), right=ast.Name(id=right)):
            return (left, right) == (array, matrix)
        case ast.Call(func=function, args=[ast.Name(id=left), ast.Name(id=right)], keywords=[]):
            return (left, right) == (array, matrix) and names.resolve(function) in _PRODUCTS
    return False
