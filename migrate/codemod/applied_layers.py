"""Layers that are only applied, `self.conv.apply({"params": {...}}, x)`: none of them has a variable of its own."""

import ast
from collections.abc import Mapping, Sequence

from ..catalog.layer import Layer
from .bindings import bound_to
from .borrowed import given_to_apply
from .factories.program import Program, heirs
from .model import LinenClass, Method, MethodKind
from .trees import is_none, walk

_LAYERS = frozenset({"Dense", "Conv", "ConvTranspose"})
"""What these compute is told by their arguments, their parameters and one input."""


def is_applied(
    cls: LinenClass, method: Method, call: ast.Call, layer: Layer, every: Mapping[str, ast.expr], program: Program
) -> bool:  # fmt: skip
    """Tells whether the layer that `call` makes is kept under one name, and each mention of that applies it.

    A local of a compact method has to have no parent, or Linen counts it among the submodules.
    """
    statement = method.parents[call]
    if layer.linen not in _LAYERS or not isinstance(statement, ast.Assign | ast.AnnAssign):
        return False
    if method.parents[statement] is not method.node or (parameters := parameters_of(every)) is None:
        return False
    mentions = _mentions(cls, method, call, program)
    stores = [n for _, n in mentions if isinstance(n, ast.Name | ast.Attribute) and _is_store(n)]
    reads = [(m, n) for m, n in mentions if n not in stores]
    applied = all(given_to_apply(m.parents.get(m.parents[n])) == parameters for m, n in reads)
    return len(stores) == 1 and bool(reads) and applied


def parameters_of(every: Mapping[str, ast.expr]) -> frozenset[str] | None:
    """Returns the names of the parameters that a layer with these arguments has; None where that is not told."""
    match every.get("use_bias"):
        case None | ast.Constant(value=True):
            return frozenset({"kernel", "bias"})
        case ast.Constant(value=False):
            return frozenset({"kernel"})
    return None


def has_no_parent(call: ast.Call) -> bool:
    """Tells whether a module is made with `parent=None`."""
    return any(k.arg == "parent" and is_none(k.value) for k in call.keywords)


def _mentions(
    cls: LinenClass, method: Method, call: ast.Call, program: Program
) -> Sequence[tuple[Method, ast.AST]]:
    match method.kind, bound_to(call, method.parents):
        case MethodKind.SETUP, ast.Attribute(attr=name) as target if method.is_this(target):
            owners = [cls, *heirs(cls, program)]
            methods = [m for owner in owners for m in owner.methods.values()]
            return [(m, n) for m in methods for n in walk(m.node) if m.is_this(n, name)]
        case MethodKind.COMPACT, ast.Name(id=name) if has_no_parent(call) and name not in method.parameters:
            return [(method, n) for n in walk(method.node) if isinstance(n, ast.Name) and n.id == name]
    return []


def _is_store(node: ast.Name | ast.Attribute) -> bool:
    return not isinstance(node.ctx, ast.Load)
