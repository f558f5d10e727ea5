"""What a loop asks of the elements of a list that setup writes down: `isinstance(layer, nn.Dropout)`."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from .bindings import stored
from .branches import way_to
from .listed import listed
from .model import LinenClass, Method
from .names import Names

ASKED = frozenset({"Dropout"})
"""Layers that are no base of another, and whose NNX twins are neither: both say the same of what they are."""


class Asking(NamedTuple):
    """A test for the layer `kind` of what `name` holds, and its answer where that is one."""

    name: str
    kind: ast.expr
    holds: bool = True


def asks_kind(test: ast.expr, names: Names) -> Asking | None:
    """Returns what a test asks, where it is no more than that."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            found = asks_kind(inner, names)
            return found and found._replace(holds=not found.holds)
        case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name(id=name), kind], keywords=[]):
            return Asking(name, kind) if names.linen(kind) in ASKED else None
    return None


def asked_kinds(cls: LinenClass) -> Iterator[ast.expr]:
    """Yields the layers that loops over lists of modules ask for."""
    setup = cls.methods.get("setup")
    lists = {one.attribute for one in listed(setup)} if setup is not None else set()
    for method in cls.methods.values():
        for node in ast.walk(method.node):
            found = asks_kind(node, cls.names) if isinstance(node, ast.Call) else None
            if found is not None and _of_element(method, node, found.name, lists):
                yield found.kind


def is_asked(method: Method, node: ast.AST, names: Names) -> bool:
    """Tells whether a name stands where a test asks for its kind alone."""
    above = method.parents[node]
    found = asks_kind(above, names) if isinstance(above, ast.Call) else None
    return found is not None and isinstance(above, ast.Call) and above.args[0] is node


def is_told_by_kind(condition: ast.AST, call: ast.AST, names: Names) -> bool:
    """Tells whether a condition asks for the kind of the very module that is called: it holds always, or never."""
    return _asked_of(condition, call, names) is not None


def of_another_kind(method: Method, call: ast.AST, kind: str, names: Names) -> bool:
    """Tells whether a call is one of modules alone that are not of this kind of layer, or not that of one that is."""
    for condition, part in way_to(method, call):
        asked = _asked_of(condition, call, names)
        if asked is not None and ((names.linen(asked.kind) == kind) == asked.holds) != (part == "body"):
            return True
    return False


def _asked_of(condition: ast.AST, call: ast.AST, names: Names) -> Asking | None:
    asked = asks_kind(condition.test, names) if isinstance(condition, ast.If | ast.IfExp) else None
    function = call.func if isinstance(call, ast.Call) else None
    return (
        asked if asked is not None and isinstance(function, ast.Name) and function.id == asked.name else None
    )


def _of_element(method: Method, node: ast.AST, name: str, lists: set[str]) -> bool:
    """Tells whether a name is what the loop around a node takes from one of the lists."""
    loops = (a for a in method.above(node) if isinstance(a, ast.For) and name in stored(a.target))
    loop = next(loops, None)
    through = ast.walk(loop.iter) if loop is not None else ()
    return any(isinstance(n, ast.Attribute) and method.is_this(n) and n.attr in lists for n in through)
