"""`nn.share_scope(self, self.wrapped)`: the variables of a layer in a field stand among those of the class."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ..catalog.layers import find
from .held_layers import HELD, held_kind, stays
from .model import LinenClass, Method, MethodKind
from .read import creations
from .trees import walk


@dataclass(frozen=True, eq=False)
class HeldScope:
    """The `statement` of setup, what it mentions, and the field with Linen's name of its layer."""

    statement: ast.Expr
    mention: ast.Attribute
    field: str
    layer: str


def held_scopes(cls: LinenClass) -> list[HeldScope]:
    """Returns where setup shares the scope of a layer that it has done nothing to, and that the class calls.

    None of one that several modules may hold.
    """
    setup = cls.methods.get("setup")
    found = [*_shared(cls, setup)] if setup is not None and setup.kind is MethodKind.SETUP else []
    return [one for one in found if _is_called(cls, one.field) and _is_apart(cls, one.layer)]


def _shared(cls: LinenClass, setup: Method) -> Iterator[HeldScope]:
    for statement in setup.node.body:
        match statement:
            case ast.Expr(
                value=ast.Call(
                    func=function,
                    args=[ast.Name(id=setup.this), ast.Attribute(attr=name) as mention],
                    keywords=[],
                )
            ) if cls.names.linen(function) == "share_scope" and setup.is_this(mention):
                if (
                    held_kind(cls, name) not in HELD
                    and _is_there(cls, name)
                    and _first(setup, name) is mention
                ):
                    yield HeldScope(statement, mention, name, held_kind(cls, name))


def _is_there(cls: LinenClass, name: str) -> bool:
    """Tells whether a field holds the one layer in any case."""
    field = next((f for f in cls.fields if f.name == name), None)
    sure = field is not None and field.default is None and field.factory is None and field.init
    sure = sure and stays(cls, name)
    return sure and field is not None and cls.names.linen(field.statement.annotation) is not None


def _first(setup: Method, name: str) -> ast.AST | None:
    found = (n for n in walk(setup.node) if setup.is_this(n, name) and isinstance(n, ast.Attribute))
    return min(found, key=lambda n: (n.lineno, n.col_offset), default=None)


def _is_called(cls: LinenClass, name: str) -> bool:
    calls = ((m, n) for m in cls.methods.values() for n in walk(m.node) if isinstance(n, ast.Call))
    return any(method.is_this(call.func, name) for method, call in calls)


def _is_apart(cls: LinenClass, kind: str) -> bool:
    """Tells whether the class declares nothing of the name of a variable of the layer."""
    layer = find(kind)
    names = {m.linen[0].split("/")[0] for m in layer.variables} if layer is not None else {""}
    return all(c.name not in names for m in cls.methods.values() for c in creations(m)) and "" not in names
