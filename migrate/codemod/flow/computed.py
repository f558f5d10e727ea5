"""Attributes that setup computes by functions of the user's own: a size is spelled `self.dim` then."""

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..bindings import stores_in
from ..model import LinenClass, Method, MethodKind
from ..trees import walk
from .alternatives import Attributes, joined
from .found import holds_anywhere
from .terms import Kind, Term
from .values import Chosen, Opaque, Value

if TYPE_CHECKING:
    from .body import Body

_APART = ast.For | ast.While | ast.Try | ast.With | ast.FunctionDef | ast.Lambda


def named(body: "Body", target: ast.Attribute, value: Value) -> Value:
    """Returns what `self.name = value` keeps, where nothing else assigns it."""
    stores = stores_of(body.runner.cls, target.attr)
    apart = any(isinstance(a, _APART) for a in body.method.above(target))
    once = [node for _, node in stores] == [target] and not apart
    return _by_name(body, target.attr) if isinstance(value, Opaque) and once else value


def named_after(
    body: "Body", statement: ast.If, test: Value, yes: Mapping[str, Value], no: Mapping[str, Value]
) -> Attributes:
    """Returns what self keeps behind a condition, both sides of which assign it; who knows the test has that side."""
    kept = joined(test, yes, no)
    unknown = [name for name, value in kept.items() if isinstance(value, Opaque)]
    known = {n: _by_name(body, n) for n in unknown if _on_both_sides(body, statement, n)}
    if isinstance(test, Term) and holds_anywhere(test):
        body.runner.flow.decided |= {
            n: Chosen(test, yes[n], no[n]) for n, v in known.items() if isinstance(v, Term)
        }
    return {**kept, **known}


def stores_of(cls: LinenClass, name: str) -> list[tuple[Method, ast.Attribute]]:
    """Returns the places that assign an attribute, with their methods."""
    return [(method, node) for method in cls.methods.values() for node in stores_in(method, name)]


def _on_both_sides(body: "Body", statement: ast.If, name: str) -> bool:
    stores = [method.parents[node] for method, node in stores_of(body.runner.cls, name)]
    one, two = (
        [s for s in side if s in stores and isinstance(s, ast.Assign)]
        for side in (statement.body, statement.orelse)
    )
    apart = any(isinstance(a, _APART) for a in body.method.above(statement))
    return len(one) == len(two) == 1 and len(stores) == 2 and not apart


def _by_name(body: "Body", name: str) -> Value:
    """The name says what it is as long as it is never changed, and no base or subclass sees another one."""
    cls = body.runner.cls
    alone = body.method.kind is MethodKind.SETUP and body.owner is None and not body.runner.line.bases
    return (
        Term(Kind.COMPUTED, name)
        if alone and not any(_changes(m, name) for m in cls.methods.values())
        else Opaque()
    )


def _changes(method: Method, name: str) -> bool:
    """Tells whether a method writes into what an attribute holds, or calls a method of that for its effect."""
    for node in walk(method.node):
        if not method.is_this(node, name):
            continue
        above = method.parents[node]
        while isinstance(above, ast.Attribute | ast.Subscript):
            if not isinstance(above.ctx, ast.Load):
                return True
            above = method.parents[above]
        if isinstance(above, ast.AugAssign) or isinstance(method.parents[above], ast.Expr):
            return True
    return False
