"""Lists of numbers that a constructor can compute too: `[int(n * x.shape[-1]) for n in self.factors]`."""

import ast
from typing import TYPE_CHECKING

from .terms import Kind, Maker, Term
from .values import Items, Opaque, Value

if TYPE_CHECKING:
    from .evaluate import Evaluator

_PURE = frozenset({"int", "float", "abs", "round", "max", "min", "len", "sum", "tuple", "list"})
_PARTS = (
    ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop,
    ast.expr_context, ast.Call, ast.Tuple,
)  # fmt: skip


def configured_list(scope: "Evaluator", node: ast.ListComp) -> Opaque | None:
    """Returns a list that depends on configuration and sizes alone; None for any other."""
    match node.generators:
        case [ast.comprehension(target=ast.Name(id=name) as target, iter=through, ifs=[])]:
            pass
        case _:
            return None
    if not _is_plain(node.elt) or not is_configuration(scope.value(through)):
        return None
    before = dict(scope.env)
    scope.env[name] = Term(Kind.LOCAL, Maker(name, target.lineno, target.col_offset))
    element = scope.value(node.elt)
    scope.env = before
    return Opaque() if is_configuration(element) else None


def is_configuration(value: Value) -> bool:
    """Tells whether a value is made of what the constructor knows."""
    if isinstance(value, Items):
        return all(is_configuration(item) for item in value.items)
    return isinstance(value, Term | Opaque)


def _is_plain(node: ast.expr) -> bool:
    """Tells whether an expression is arithmetic: it calls nothing that makes a module or an array."""
    for part in ast.walk(node):
        if not isinstance(part, _PARTS):
            return False
        if isinstance(part, ast.Call) and not (isinstance(part.func, ast.Name) and part.func.id in _PURE):
            return False
    return True
