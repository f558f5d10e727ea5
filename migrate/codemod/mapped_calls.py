"""What `jax.vmap` calls on each part of an array: `jax.vmap(self.readout, in_axes=1)(x)`, a function below it."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .iterations import Axis
from .model import Method
from .names import Names
from .trees import walk


@dataclass(frozen=True, eq=False)
class MappedCall:
    """What is called on the parts, the axes along which each argument is taken apart, and that of the results."""

    function: ast.expr
    axes: tuple[Axis, ...]
    out: int


@dataclass(frozen=True, eq=False)
class Mapped:
    """What `jax.vmap` is given: one axis for all arguments of a function, or one for each, and that of the results."""

    into: Axis | tuple[Axis, ...]
    out: int

    def axes(self, count: int) -> tuple[Axis, ...] | None:
        """Returns the axes of so many arguments without a name."""
        axes = self.into if isinstance(self.into, tuple) else (self.into,) * count
        return axes if len(axes) == count else None


def mapped_over(given: Sequence[ast.expr], named: Sequence[ast.keyword]) -> Mapped | None:
    """Reads what `jax.vmap` is given behind the function; axes that are not literal are not read."""
    options = dict(zip(("in_axes", "out_axes"), given, strict=False)) | {str(k.arg): k.value for k in named}
    plain = len(given) <= 2 and not any(isinstance(a, ast.Starred) for a in given)
    if not plain or not options.keys() <= {"in_axes", "out_axes"}:
        return None
    into, out = _literal(options.get("in_axes")), _literal(options.get("out_axes"))
    each = into if isinstance(into, tuple) else (into,)
    known = all(a is None or type(a) is int for a in each) and type(out) is int
    return Mapped(into, out) if known else None


def mapped_call(call: ast.AST, names: Names) -> MappedCall | None:
    """Reads such a call, if it is one; arguments without a place and axes that are not literal are not read."""
    match call:
        case ast.Call(
            func=ast.Call(func=vmap, args=[function, *given], keywords=named), args=args, keywords=[]
        ):
            pass
        case _:
            return None
    if names.resolve(vmap) != "jax.vmap" or any(isinstance(a, ast.Starred) for a in args):
        return None
    found = mapped_over(given, named)
    axes = found.axes(len(args)) if found is not None else None
    return MappedCall(function, axes, found.out) if found is not None and axes is not None else None


def mapped_around(method: Method, node: ast.expr, names: Names) -> ast.Call | None:
    """Returns the call that runs what `node` stands for on the parts of arrays, if no inner function does so."""
    if any(isinstance(a, ast.Lambda | ast.FunctionDef) for a in method.above(node)):
        return None
    return _mapping(method, node, names)


def _mapping(method: Method, node: ast.expr, names: Names) -> ast.Call | None:
    mapping = method.parents.get(node)
    call = method.parents.get(mapping) if isinstance(mapping, ast.Call) else None
    found = mapped_call(call, names) if call is not None else None
    return call if found is not None and found.function is node and isinstance(call, ast.Call) else None


def mapped_function_around(method: Method, node: ast.AST, names: Names) -> ast.Call | None:
    """Returns the call that runs the only function around `node` on the parts of arrays, which nothing else calls."""
    inner = [a for a in method.above(node) if isinstance(a, ast.Lambda | ast.FunctionDef)]
    function = inner[0] if len(inner) == 1 else None
    if isinstance(function, ast.Lambda):
        return _mapping(method, function, names)
    if not isinstance(function, ast.FunctionDef) or function.decorator_list:
        return None
    nodes = [*walk(method.node)]
    spelled = [n for n in nodes if isinstance(n, ast.Name) and n.id == function.name]
    others = [
        n for n in nodes if isinstance(n, ast.FunctionDef) and n.name == function.name and n is not function
    ]
    return mapped_around(method, spelled[0], names) if len(spelled) == 1 and not others else None


def is_mapped(method: Method, node: ast.expr, names: Names) -> bool:
    """Tells whether `jax.vmap` calls what `node` stands for, or the one function that calls it."""
    above = method.parents.get(node)
    inside = isinstance(above, ast.Call) and above.func is node
    found = mapped_function_around(method, node, names) if inside else mapped_around(method, node, names)
    return found is not None


def _literal(node: ast.expr | None) -> Any:
    try:
        return 0 if node is None else ast.literal_eval(node)
    except (ValueError, TypeError):
        return ""
