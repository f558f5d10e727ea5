"""Arguments of a method that are shapes: `skip(x, y.shape)`, where `skip` compares the shape of `x` with it."""

import ast

from .bindings import default_of, stored
from .model import Method
from .trees import walk


def given_shapes(method: Method) -> frozenset[str]:
    """Returns the arguments that are nothing but shapes: compared with others, their places taken, handed on."""
    return frozenset(name for name in method.parameters if _is_shape(method, name))


def _is_shape(method: Method, name: str) -> bool:
    if default_of(method, name) is not None or name in stored(method.node):
        return False
    reads = [n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == name]
    compared = [_compares(method, node) for node in reads]
    others = (n for c, n in zip(compared, reads, strict=True) if not c)
    return any(compared) and all(_is_place(method, n) or _is_handed_on(method, n) for n in others)


def _is_place(method: Method, node: ast.expr) -> bool:
    """`shape[-1]`, of which the value is a number."""
    above = method.parents[node]
    return isinstance(above, ast.Subscript) and above.value is node and _is_literal(above.slice)


def _is_handed_on(method: Method, node: ast.expr) -> bool:
    above = method.parents[node]
    return isinstance(above, ast.keyword) or (isinstance(above, ast.Call) and node in above.args)


def _is_literal(index: ast.expr) -> bool:
    inner = index.operand if isinstance(index, ast.UnaryOp) and isinstance(index.op, ast.USub) else index
    return isinstance(inner, ast.Constant) and type(inner.value) is int


def _compares(method: Method, node: ast.expr) -> bool:
    """`x.shape != shape`, or the same place of both."""
    place = _is_place(method, node)
    one = method.parents[node] if place else node
    match method.parents[one]:
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq()], comparators=[right]):
            other = left if right is one else right
            return _is_of_array(other.value if place and isinstance(other, ast.Subscript) else other)
    return False


def _is_of_array(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "shape"
