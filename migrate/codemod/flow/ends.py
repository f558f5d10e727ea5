"""The ends of such lists: the constructor fills and empties a list of the sizes as the method does with the arrays."""

import ast
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from ..model import Method, MethodKind
from .filled import in_turn, is_own, spelled
from .found import anywhere
from .mixed import mixed
from .terms import Kind, Taken, Term
from .values import SOMEWHERE, Array, Value

if TYPE_CHECKING:
    from .evaluate import Evaluator


def taken(scope: "Evaluator", node: ast.Call | ast.Subscript, held: Value) -> Array | None:
    """Returns what `hs.pop()` or `hs[-1]` is, where nothing else is known of the list: the constructor has it too."""
    whole = node.value if isinstance(node, ast.Subscript) else getattr(node.func, "value", None)
    known = mixed(held)
    if not isinstance(whole, ast.Name) or known is None or not _is_mirrored(scope, whole.id):
        return None
    owner, popped = (scope.cls.name, scope.method.node.name, whole.id), isinstance(node, ast.Call)
    places = (Taken(owner, node.lineno, node.col_offset, popped, -k) for k in range(known.axes or 1, 0, -1))
    tail = [Term(Kind.TAKEN, place) for place in places]
    for other in (n for n, value in scope.env.items() if _mentions(value, {*tail})):
        scope.env[other] = anywhere(scope.env[other], {Kind.TAKEN})  # of a round before this one
    return Array(SOMEWHERE, 1, tuple(tail)) if known.axes is None else Array(None, 0, tuple(tail), known.axes)


def _is_mirrored(scope: "Evaluator", name: str) -> bool:
    """Tells whether the class's own compact method makes a list once, ahead of all loops, and has it as a stack."""
    method = scope.method
    if method.kind is not MethodKind.COMPACT or scope.cls.methods.get(method.node.name) is not method:
        return False
    first = next((n for n in spelled(method, name) if isinstance(n.ctx, ast.Store)), None)
    if first is None or not is_own(method, name) or method.parents[method.parents[first]] is not method.node:
        return False
    return all(_is_of_stack(method, n) for n in spelled(method, name) if n is not first)


def _mentions(value: Any, sizes: set[Term]) -> bool:
    if isinstance(value, Term):
        return not sizes.isdisjoint(value.walk())
    if isinstance(value, tuple | Mapping):
        return any(
            _mentions(each, sizes) for each in (value.values() if isinstance(value, Mapping) else value)
        )
    parts = fields(value) if is_dataclass(value) and not isinstance(value, type) else ()
    return any(_mentions(getattr(value, part.name), sizes) for part in parts)


def _is_of_stack(method: Method, name: ast.Name) -> bool:
    if any(isinstance(a, ast.FunctionDef | ast.Lambda | ast.While) for a in method.above(name)):
        return False
    above = method.parents[name]
    match above, method.parents[above]:
        case ast.Attribute(attr="append"), ast.Call(args=[_], keywords=[]) as call:
            return isinstance(method.parents[call], ast.Expr)
        case ast.Attribute(attr="pop"), ast.Call(args=[], keywords=[]) as call:
            return in_turn(method, call) and _is_alone(method, name)
        case ast.Subscript(slice=ast.UnaryOp(ast.USub(), ast.Constant(1)), ctx=ast.Load()), _:
            return in_turn(method, method.parents[above])
        case ast.UnaryOp(op=ast.Not()), ast.Assert():
            return True
        case ast.Call(func=ast.Name(id="len")), ast.Compare() as compared:
            return isinstance(method.parents[compared], ast.Assert)
    return False


def _is_alone(method: Method, name: ast.Name) -> bool:
    statement = method.statement(name)
    simple = isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Expr | ast.Return)
    return simple and sum(n.id == name.id for n in ast.walk(statement) if isinstance(n, ast.Name)) == 1
