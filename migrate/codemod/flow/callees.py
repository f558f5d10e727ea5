"""What functions give that are no rule's: of the project, out of a table, or known by what they are called."""

import ast
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from ..bindings import stored
from ..mapped_calls import mapped_over
from ..model import Method
from ..names import Names, first_name
from ..trees import walk
from .callables import Definition, entries, named_activation, table_of
from .functions.arguments import Arguments
from .functions.elementwise import keeps_shape
from .functions.table import FUNCTIONS
from .outputs import made
from .terms import Term
from .values import Array, Items, Leading, Opaque, Shape, Value
from .vmapped import of_parts

if TYPE_CHECKING:
    from .evaluate import Evaluator

_STEPS = 4  # from a name to the function that it stands for


def called(scope: "Evaluator", node: ast.Call, name: str, held: Value, given: Arguments) -> Value:
    """Returns what a call of `name`, whose value is `held`, gives; None where nothing is known."""
    definition = _definition(scope, name, scope.cls.names) if not is_local(scope, node.func) else None
    if definition is not None and isinstance(definition.node, ast.ClassDef):
        return made(definition, given, scope.lookup)
    asked = definition is not None and definition.static
    if definition is not None and (asked or _has_arrays((*given.values, *given.keywords.values()))):
        return _run(scope, definition.node, definition.names, given)
    if definition is not None and isinstance(definition.node, ast.FunctionDef):
        made_of_sizes = _run(scope, definition.node, definition.names, given)
        if isinstance(made_of_sizes, Array):
            return made_of_sizes
    alone = given.values[0] if len(given.values) == 1 and not given.keywords and given.plain else None
    return _activated(scope, node.func, held, given) if isinstance(alone, Array) else None


def is_local(scope: "Evaluator", node: ast.expr) -> bool:
    """Tells whether a name, or an attribute of one, starts at a local variable."""
    name = first_name(node)
    return name in scope.env or name in scope.method.parameters


def _run(scope: "Evaluator", node: ast.AST, names: Names, given: Arguments, steps: int = _STEPS) -> Value:
    """Runs a function of the project, a lambda or a partial on the shapes that it is given."""
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        return scope.function(node, names, given)
    if isinstance(node, ast.ClassDef):
        return None
    if isinstance(node, ast.Call) and names.resolve(node.func) == "jax.vmap" and node.args:
        function, over = node.args[0], mapped_over(node.args[1:], node.keywords)
        once = partial(of_the_project, scope, function, names)
        return of_parts(given, over, once) if over is not None else None
    if isinstance(node, ast.Call):
        given_before = names.resolve(node.func) == "functools.partial" and len(node.args) == 1
        inner = names.resolve(node.args[0]) if given_before else None
        keeps = inner is not None and inner in FUNCTIONS and keeps_shape(FUNCTIONS[inner])
        return given.array() if keeps and given.plain else None
    name = names.resolve(node) or ""
    if name in FUNCTIONS:
        return FUNCTIONS[name](given)
    defined = scope.lookup(name) if steps else None
    return _run(scope, defined.node, defined.names, given, steps - 1) if defined is not None else None


def _definition(scope: "Evaluator", name: str, names: Names) -> Definition | None:
    """What a name stands for; one without dots may be bound by an assignment in the same file."""
    return scope.lookup(name if "." in name else f"{names.module}.{name}") if name else None


def of_the_project(scope: "Evaluator", node: ast.expr, names: Names, given: Arguments) -> Value:
    """Runs what `node` stands for, if that is a function of the project or a lambda, on the shapes of one call."""
    found = _definition(scope, names.resolve(node) or "", names)
    if found is not None and isinstance(found.node, ast.FunctionDef | ast.Lambda):
        return scope.function(found.node, found.names, given)
    return scope.function(node, names, given) if isinstance(node, ast.Lambda) else None


def _activated(scope: "Evaluator", function: ast.expr, held: Value, given: Arguments) -> Value:
    """What any entry of a table of functions gives; the array again for what is named an activation."""
    table = table_of(held) if isinstance(held, Term) else None
    names = scope.cls.names
    definition = scope.lookup(names.aliases.get(table, f"{names.module}.{table}")) if table else None
    functions = entries(definition)
    if definition is not None and functions:
        found = [_run(scope, f, definition.names, given) for f in functions]
        return found[0] if all(f == found[0] for f in found) else None
    unknown = held is None or isinstance(held, Term | Opaque)
    name = table or _spelled(scope, function)
    return given.array() if unknown and name and named_activation(name) else None


def _spelled(scope: "Evaluator", function: ast.expr) -> str:
    """The name of a local variable, of an attribute of self that is no field, or of what it is an item of."""
    if isinstance(function, ast.Name):
        if function.id not in scope.env or named_activation(function.id):
            return function.id if function.id in scope.env else ""
        return next((n for s in _run_through(scope.method, function) if (n := _whole(scope, s))), "")
    if isinstance(function, ast.Subscript):
        return _whole(scope, function)
    own = isinstance(function, ast.Attribute) and scope.method.is_this(function)
    return function.attr if own and function.attr not in scope.fields else ""  # type: ignore[attr-defined]


def _whole(scope: "Evaluator", node: ast.expr) -> str:
    """The name of a local or an attribute of self that an expression is, or an item or a part of."""
    while isinstance(node, ast.Subscript):
        node = node.value
    match node:
        case ast.Name(id=name):
            return name if name in scope.env else ""
        case ast.Attribute(attr=name) if scope.method.is_this(node):
            return name
    return ""


def _run_through(method: Method, element: ast.Name) -> Iterator[ast.expr]:
    """Yields what the loop around runs through whose elements get this name, where nothing else in it binds that."""
    loops = (n for n in method.above(element) if isinstance(n, ast.For) and element.id in stored(n.target))
    if (loop := next(loops, None)) is None or _stores(loop, element.id) != 1:
        return
    for target, through in _elements(loop.target, loop.iter):
        if isinstance(target, ast.Name) and target.id == element.id:
            yield through


def _stores(node: ast.AST, name: str) -> int:
    return sum(isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store) and n.id == name for n in walk(node))


def _elements(target: ast.expr, through: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    match target, through:
        case ast.Tuple(elts=[_, inner]), ast.Call(func=ast.Name(id="enumerate"), args=[each]):
            yield from _elements(inner, each)
        case ast.Tuple(elts=targets), ast.Call(func=ast.Name(id="zip"), args=sequences):
            for one, each in zip(targets, sequences, strict=False):
                yield from _elements(one, each)
        case _:
            yield target, through


def _has_arrays(values: Iterable[Value]) -> bool:
    return any(
        isinstance(v, Array | Shape) or (isinstance(v, Items | Leading) and _has_arrays(v.items))
        for v in values
    )
