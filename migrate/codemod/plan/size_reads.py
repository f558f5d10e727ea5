"""The names that a constructor reads sizes by, and what an argument is called that stands for one."""

import ast
from collections.abc import Iterator, Mapping

from ..bindings import defines, statements
from ..flow.terms import Differs, Size
from ..given_shapes import given_shapes
from ..model import Method
from ..slices import Slice
from ..trees import walk


def shapes_of(methods: Mapping[str, Method]) -> set[tuple[str, str]]:
    """Returns the arguments that are shapes, each with its method."""
    return {(m.node.name, name) for m in methods.values() for name in given_shapes(m)}


def argument_of(size: Size, array: str, alone: bool) -> tuple[str, str]:
    """Returns the name and the annotation for what is no single axis; `alone` is the only size that is asked for."""
    if isinstance(size, Differs):
        return "shapes_differ", "bool"
    return "in_features" if alone else f"{array}_size", "int"


def unpacked_names(method: Method, shape: ast.AST) -> set[str]:
    """Returns the names that `b, h, w, c = x.shape` binds, or `*batch, c = x.shape`, and only such statements."""
    statement = method.parents[shape]
    target = (
        statement.targets[0] if isinstance(statement, ast.Assign) and len(statement.targets) == 1 else None
    )
    names = [*_names(target)] if isinstance(target, ast.Tuple) else []
    bound = [
        n.id for n in ast.walk(method.node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)
    ]
    unpacked = [
        n
        for s in ast.walk(method.node)
        if isinstance(s, ast.Assign) and isinstance(s.value, ast.Attribute) and s.value.attr == "shape"
        for t in s.targets
        if isinstance(t, ast.Tuple)
        for n in _names(t)
    ]
    whole = isinstance(target, ast.Tuple) and len(names) == len(target.elts)
    alone = all(bound.count(n) == unpacked.count(n) or n == "_" for n in names)
    return set(names) - {"_"} if whole and alone and not set(names) & set(method.parameters) else set()


def _names(target: ast.Tuple) -> Iterator[str]:
    for element in target.elts:
        match element:
            case ast.Name(id=name) | ast.Starred(value=ast.Name(id=name)):
                yield name


def names_of_axes(method: Method, array: str) -> tuple[str, ...]:
    """Returns what `batch, heads, n, width = q.shape` calls the axes of an argument; "" for a name that is bound again.

    Nothing has changed the argument by then.
    """
    stores = [n.id for n in walk(method.node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)]
    for statement in method.node.body:
        match statement:
            case ast.Assign(
                targets=[ast.Tuple(elts=names)], value=ast.Attribute(value=ast.Name(id=given), attr="shape")
            ) if given == array and all(isinstance(n, ast.Name) for n in names):
                own = [n.id for n in names if isinstance(n, ast.Name)]
                return tuple(n if stores.count(n) == 1 and n not in method.parameters else "" for n in own)
        if any(array in defines(s) for s in statements([statement])):
            return ()
    return ()


def reads(found: Slice) -> Iterator[ast.Name]:
    """Yields the names that the constructor reads in what it takes over."""
    for statement in found.keep:
        tests = [a.test for a in found.method.above(statement) if isinstance(a, ast.If)]
        loops = [a.iter for a in found.method.above(statement) if isinstance(a, ast.For)]
        for part in (*found.parts.get(statement, [statement]), *tests, *loops):
            for node in ast.walk(part):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                    yield node
