"""Where a size was lost: the expression that shapes were followed to, and not beyond."""

import ast
from collections.abc import Collection, Mapping

from ..model import LinenClass, Method
from ..trees import walk
from .indexing import axes_of_column
from .values import Array, Items, Leading, Shape, Value

_STEPS = 40  # back, from name to name


def lost_at(cls: LinenClass, seen: Mapping[ast.AST, Value], call: ast.Call) -> ast.expr | None:
    """Returns the expression behind the input of `call` that takes known shapes and gives none, where there is one."""
    method = next((m for m in cls.methods.values() if call in m.parents), None)
    given = [*call.args, *(k.value for k in call.keywords)]
    node = next((a for a in given if not _is_known(seen.get(a, _UNSEEN))), None)
    if method is None or node is None:
        return None
    visited: set[ast.AST] = set()
    for _ in range(_STEPS):
        if node in visited:
            return None
        visited.add(node)
        back = _before(node, method, seen, visited)
        if back is None:
            return None if isinstance(node, ast.Name) else node
        node = back
    return None


def unsure_axis(cls: LinenClass, seen: Mapping[ast.AST, Value], lost: ast.expr) -> str:
    """Returns what to do about axes that are counted from the front, for a message: those of an array of any rank."""
    match lost:
        case ast.Subscript(value=ast.Name(id=name), slice=index) if count := axes_of_column(index):
            sizes = ", ".join("_" * count) + "," * (count == 1)
            return f", as `{name}` may have more axes: `{sizes} = {name}.shape` says how many"
        case ast.Subscript(value=ast.Attribute(value=ast.Name(id=name), attr="shape") as whole):
            shape = seen.get(whole)
            open_ended = isinstance(shape, Shape) and shape.array.axes is None
            return (
                f", as `{name}` may have any number of axes: `b, n, c = {name}.shape` says how many"
                if open_ended
                else ""
            )
        case ast.Call(func=function, args=[_, ast.Constant(value=int(axis))]):
            pass
        case ast.Call(func=function, keywords=[ast.keyword(arg="axis", value=ast.Constant(value=int(axis)))]):
            pass
        case _:
            return ""
    joins = (cls.names.resolve(function) or "") in _JOINING
    return f", as axis {axis} may be the last or not: count it from the end" if joins else ""


_JOINING = frozenset({"jax.numpy.concatenate", "jax.numpy.concat", "numpy.concatenate"})
_UNSEEN = Items(())


def _before(
    node: ast.expr, method: Method, seen: Mapping[ast.AST, Value], visited: Collection[ast.AST]
) -> ast.expr | None:
    """Returns the unknown expression that `node` has its value from."""
    if isinstance(node, ast.Name):
        bound = [
            b for b in _bindings(node, method) if not _is_known(seen.get(b, _UNSEEN)) and b not in visited
        ]
        return bound[-1] if bound else None
    parts = [n for n in ast.iter_child_nodes(node) if isinstance(n, ast.expr)]
    parts += [n.value for n in ast.iter_child_nodes(node) if isinstance(n, ast.keyword)]
    callee = node.func if isinstance(node, ast.Call) else None
    receiver = callee.value if isinstance(callee, ast.Attribute) else None
    parts = [p for p in (*parts, receiver) if p is not None and p is not callee]
    return next((p for p in parts if p in seen and _is_lost(seen[p], p, method)), None)


def _bindings(node: ast.Name, method: Method) -> list[ast.expr]:
    """Returns what the name was bound to before, in source order."""
    found = []
    for statement in walk(method.node):
        if isinstance(statement, ast.Assign) and (statement.lineno, statement.col_offset) < (
            node.lineno,
            node.col_offset,
        ):
            names = {n.id for t in statement.targets for n in walk(t) if isinstance(n, ast.Name)}
            if node.id in names:
                found.append(statement.value)
    return sorted(found, key=lambda value: (value.lineno, value.col_offset))


def _is_known(value: Value) -> bool:
    """Tells whether the last axis of what a value holds is known."""
    if isinstance(value, Array):
        return value.at(-1) is not None
    if isinstance(value, Items | Leading):
        return all(_is_known(item) for item in value.items)
    return value is not None


def _is_lost(value: Value, node: ast.expr, method: Method) -> bool:
    """An operand that is an array of an unknown axis; configuration has no shape to lose."""
    if isinstance(value, Array | Items | Leading | Shape):
        return not _is_known(value)
    local = isinstance(node, ast.Name) and (node.id in method.parameters or bool(_bindings(node, method)))
    return value is None and (local or isinstance(node, ast.Call | ast.BinOp | ast.Subscript))
