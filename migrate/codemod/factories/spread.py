"""`nn.Dense(8, **inits)` where `inits = dict(kernel_init=...)`: arguments that stand in a dict of the method."""

import ast
from collections.abc import Mapping

from ..model import Method
from .records import MODES, Factory, Scope
from .resolve import Factories

_TAKEN = frozenset({*MODES, "name", "parent", "dtype"})
"""Those that become something else in NNX, or ask for something more."""


def spread_of(
    call: ast.Call, factory: Factory, scope: Scope, factories: Factories
) -> Mapping[str, ast.expr] | None:
    """Returns the arguments behind `**`, or None where they are not known one by one."""
    found: dict[str, ast.expr] = {}
    for keyword in (k for k in call.keywords if k.arg is None):
        items = _items(keyword.value, scope, factories)
        if items is None:
            return None
        found |= items
    renamed = {} if factory.layer is None else factory.layer.renamed
    attention = factory.layer is not None and "Attention" in factory.layer.linen
    taken = {*_TAKEN, *renamed} if factory.layer is not None else {"name", "parent"}
    return None if found.keys() & taken or (found and attention) else found


def _items(node: ast.expr, scope: Scope, factories: Factories) -> dict[str, ast.expr] | None:
    if not isinstance(node, ast.Name) or scope.method is None or not _only_spread(node.id, scope.method):
        return None
    match factories.value(node, scope):
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords) if all(k.arg for k in keywords):
            return {str(k.arg): k.value for k in keywords}
        case ast.Dict(keys=keys, values=values):
            names = [k.value if isinstance(k, ast.Constant) else None for k in keys]
            known = [name for name in names if isinstance(name, str)]
            return dict(zip(known, values, strict=True)) if len(known) == len(names) else None
    return None


def _only_spread(name: str, method: Method) -> bool:
    """Nothing else reads the dict, so nothing changes it."""
    reads = (n for n in ast.walk(method.node) if isinstance(n, ast.Name) and n.id == name)
    above = (method.parents[n] for n in reads if isinstance(n.ctx, ast.Load))
    return all(isinstance(a, ast.keyword) and a.arg is None for a in above)
