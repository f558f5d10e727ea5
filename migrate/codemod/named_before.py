"""Names of submodules that a local holds: `name = f"conv{i}"`, then `nn.Conv(8, name=name)(x)`."""

import ast
from collections.abc import Collection

from .bindings import statements
from .factories.reaching import reaching
from .model import Method
from .texts import as_text
from .trees import walk


def name_given(node: ast.expr, call: ast.Call, method: Method) -> ast.expr:
    """Returns what the name of a submodule is spelled with: a text, or whatever else it is given."""
    if not isinstance(node, ast.Name):
        return as_text(node)
    binders = [n for n in walk(method.node) if _binds(n, node.id)]
    value = reaching(node, method, binders) if node.id not in method.parameters else None
    text = as_text(value) if value is not None else node
    if value is None or not isinstance(text, ast.Constant | ast.JoinedStr):
        return node
    return text if _is_steady(value, call, method) else node


def texts_for(calls: Collection[ast.Call], method: Method) -> set[ast.stmt]:
    """Returns the statements that bind the locals which such submodules have their names from."""
    given = (k.value for call in calls for k in call.keywords if k.arg == "name")
    names = {value.id for value in given if isinstance(value, ast.Name)}
    return {
        s for s in statements(method.node.body)
        if isinstance(s, ast.Assign)
        and isinstance(as_text(s.value), ast.Constant | ast.JoinedStr)
        and all(isinstance(t, ast.Name) and t.id in names for t in s.targets)
    }  # fmt: skip


def _binds(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)


def _is_steady(value: ast.expr, call: ast.Call, method: Method) -> bool:
    """Tells whether what a text is put together of is the same where the submodule is made."""
    read = {n.id for n in walk(value) if isinstance(n, ast.Name)}
    around = [a for a in method.above(call) if isinstance(a, ast.For | ast.While)]
    again = {n for loop in around if value not in walk(loop) for n in walk(loop)}
    stores = (n for n in walk(method.node) if isinstance(n, ast.Name) and n.id in read)
    return not any(
        n in again
        or (value.lineno, value.col_offset) < (n.lineno, n.col_offset) < (call.lineno, call.col_offset)
        for n in stores
        if not isinstance(n.ctx, ast.Load)
    )
