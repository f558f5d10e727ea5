"""What `jnp.transpose(q, (1, 0, 2))` says: q has three axes, and so has what has the axes of the same argument."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..names import Names
from ..trees import children
from .values import Array, Root, Value

_FUNCTIONS = frozenset({"jax.numpy.transpose", "jax.lax.transpose", "numpy.transpose"})


def turned(
    node: ast.expr, names: Names, seen: Mapping[ast.AST, Value], env: Mapping[str, Value]
) -> dict[str, Value]:
    """Returns the arrays of `env` whose number of axes is known once the expression `node` was evaluated."""
    known: dict[Root, int] = {}
    for call in _in_any_case(node):
        operand = call.args[0] if names.resolve(call.func) in _FUNCTIONS and call.args else _receiver(call)
        before, after = (seen.get(n) if n is not None else None for n in (operand, call))
        if not isinstance(before, Array) or not isinstance(after, Array) or before.argument is None:
            continue
        if before.axes is None and after.axes is not None:
            known[before.argument] = after.axes - len(before.tail) + before.cut
    return {name: new for name, value in env.items() if (new := _counted(value, known)) is not None}


def _counted(value: Value, known: Mapping[Root, int]) -> Array | None:
    if not isinstance(value, Array) or value.axes is not None or value.argument is None:
        return None
    if value.argument not in known:
        return None
    rank = known[value.argument] - value.cut + len(value.tail)
    return replace(value, rank=rank) if rank >= len(value.tail) else None


def _receiver(call: ast.Call) -> ast.expr | None:
    named = isinstance(call.func, ast.Attribute) and call.func.attr == "transpose"
    return call.func.value if named else None  # type: ignore[attr-defined]


def _in_any_case(node: ast.expr) -> Iterator[ast.Call]:
    """The calls of an expression that run whatever its values are."""
    if isinstance(node, ast.Call):
        yield node
    if isinstance(node, ast.Call | ast.Attribute | ast.keyword | ast.BinOp | ast.UnaryOp | ast.Tuple):
        for child in children(node):
            if isinstance(child, ast.expr | ast.keyword):
                yield from _in_any_case(child)  # type: ignore[arg-type]
