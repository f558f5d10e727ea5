"""Fields that hold a list of modules: `layers: Sequence[nn.Module]`, which whoever constructs the class hands over."""

import ast

from .factories.program import Program
from .held_layers import alternatives
from .model import Field, LinenClass, Method
from .run_through import element_name
from .trees import walk

_LISTS = frozenset({
    "collections.abc.Sequence", "list", "tuple", "typing.List", "typing.Sequence", "typing.Tuple",
})  # fmt: skip


def holds_modules(field: Field, names_of: LinenClass, project: Program) -> bool:
    """Tells whether a field is annotated as a list or tuple of modules, with functions between them or not."""
    return _is_list(field.statement.annotation, names_of, project)


def may_hold_modules(field: Field, names_of: LinenClass, project: Program) -> bool:
    """Tells whether a field is annotated as such a list, or as something else: `list[Block] | None`."""
    parts = alternatives(field, names_of)
    optional = parts != [field.statement.annotation]
    return optional and any(_is_list(part, names_of, project) for part in parts)


def _is_list(annotation: ast.expr, names_of: LinenClass, project: Program) -> bool:
    if not isinstance(annotation, ast.Subscript) or names_of.names.resolve(annotation.value) not in _LISTS:
        return False
    inside = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
    each = [_kinds(e, names_of) for e in inside if not _is_ellipsis(e)]
    return bool(each) and all(any(_is_module(k, names_of, project) for k in kinds) for kinds in each)


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _kinds(node: ast.expr, names_of: LinenClass) -> list[ast.expr]:
    """What an element may be: `nn.Module | Callable`, also as a Union."""
    match node:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return [*_kinds(left, names_of), *_kinds(right, names_of)]
        case ast.Subscript(value=value, slice=ast.Tuple(elts=kinds)) if (
            names_of.names.resolve(value) == "typing.Union"
        ):
            return kinds
    return [node]


def _is_module(node: ast.expr, names_of: LinenClass, project: Program) -> bool:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
        node = ast.Name(node.value, ast.Load())  # a class of the file that is defined further down
    name = names_of.names.resolve(node) or ""
    return name == "flax.linen.Module" or project.canonical(name) in project.classes


def is_empty(node: ast.expr) -> bool:
    """`()`, `[]`, `list`, `lambda: []`: a default that makes no module."""
    match node:
        case ast.List(elts=[]) | ast.Tuple(elts=[]) | ast.Name(id="list" | "tuple"):
            return True
        case ast.Lambda(body=body):
            return isinstance(body, ast.List | ast.Tuple) and is_empty(body)
    return False


def stays_list(field: Field) -> bool:
    """Tells whether such a field is a list wherever its class is made without one too."""
    default = field.factory if field.factory is not None else field.default
    return default is None or is_empty(default)


def called_as(method: Method, node: ast.Attribute) -> str:
    """Returns what a loop calls the elements of the list, if it is one that runs through it."""
    above = method.parents[node]
    above = method.parents[above] if isinstance(above, ast.Call) else above
    return element_name(above, node) or "" if isinstance(above, ast.For | ast.comprehension) else ""


def is_run_through(method: Method, node: ast.Attribute) -> bool:
    """Tells whether a method only calls the elements of the list, one after the other or one by its place.

    `for layer in self.layers: x = layer(x)`, `self.layers[0](x)`, `len(self.layers)`.
    """
    above = method.parents[node]
    match above:
        case ast.Call(func=ast.Name(id="len"), args=[one], keywords=[]):
            return one is node
        case ast.Subscript(value=listed, slice=place):
            return listed is node and not isinstance(place, ast.Slice) and method.is_called(above)
        case ast.Call(func=ast.Name(id="enumerate" | "zip")):
            above = method.parents[above]
    if not isinstance(above, ast.For | ast.comprehension):
        return False
    whole = above if isinstance(above, ast.For) else method.parents[above]
    name = called_as(method, node)
    return bool(name) and _only_called(method, name, whole)


def _only_called(method: Method, name: str, whole: ast.AST) -> bool:
    """Tells whether the loop calls its elements and no more, and nothing behind it reads the last of them."""
    inside = {*walk(whole)}
    named = [n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == name]
    mine = [n for n in named if n in inside]
    stores = [n for n in mine if isinstance(n.ctx, ast.Store)]
    calls = all(n in stores or method.is_called(n) for n in mine)
    others = all(_is_of_loop(method, n) for n in named if n not in inside)
    return name not in method.parameters and len(stores) == 1 and calls and others


def _is_of_loop(method: Method, name: ast.Name) -> bool:
    """Tells whether another loop has bound the name."""
    loops = (a for a in method.above(name) if isinstance(a, ast.For | ast.ListComp | ast.GeneratorExp))
    bound = (loop.target if isinstance(loop, ast.For) else loop.generators[0].target for loop in loops)
    return any(isinstance(n, ast.Name) and n.id == name.id for target in bound for n in walk(target))
