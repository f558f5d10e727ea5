"""Modules behind `jax.vmap`: `jax.vmap(self.readout, in_axes=1)(x)` calls one on each part of an array."""

import ast
from dataclasses import dataclass
from typing import Any

from .iterations import Axis
from .model import Method
from .names import Names


@dataclass(frozen=True, eq=False)
class MappedCall:
    """What is called on the parts, the axes along which each argument is taken apart, and that of the results."""

    function: ast.expr
    axes: tuple[Axis, ...]
    out: int


def mapped_call(call: ast.AST, names: Names) -> MappedCall | None:
    """Reads such a call, if it is one; arguments without a place and axes that are not literal are not read."""
    match call:
        case ast.Call(
            func=ast.Call(func=vmap, args=[function, *given], keywords=named), args=args, keywords=[]
        ):
            pass
        case _:
            return None
    options = dict(zip(("in_axes", "out_axes"), given, strict=False)) | {str(k.arg): k.value for k in named}
    plain = len(given) <= 2 and not any(isinstance(a, ast.Starred) for a in (*given, *args))
    if names.resolve(vmap) != "jax.vmap" or not plain or not options.keys() <= {"in_axes", "out_axes"}:
        return None
    into, out = _literal(options.get("in_axes")), _literal(options.get("out_axes"))
    axes = into if isinstance(into, tuple) else (into,) * len(args)
    known = len(axes) == len(args) and all(a is None or type(a) is int for a in axes) and type(out) is int
    return MappedCall(function, axes, out) if known else None


def mapped_around(method: Method, node: ast.expr, names: Names) -> ast.Call | None:
    """Returns the call that runs what `node` stands for on the parts of arrays, if no inner function does so."""
    if any(isinstance(a, ast.Lambda | ast.FunctionDef) for a in method.above(node)):
        return None
    mapping = method.parents.get(node)
    call = method.parents.get(mapping) if isinstance(mapping, ast.Call) else None
    found = mapped_call(call, names) if call is not None else None
    return call if found is not None and found.function is node and isinstance(call, ast.Call) else None


def _literal(node: ast.expr | None) -> Any:
    try:
        return 0 if node is None else ast.literal_eval(node)
    except (ValueError, TypeError):
        return ""
