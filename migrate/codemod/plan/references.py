"""Names of flax.linen inside a class that is migrated, and what stands in their place."""

import ast
from collections.abc import Collection, Iterator

from ...catalog.functions import nnx_name
from ..factories.twins import placed
from ..names import LINEN, Names
from ..source import Source, Span
from ..trees import children, walk
from .records import ClassPlan
from .tupled import tupled

_BASES = ("Module", "RNNCellBase")


def references(plan: ClassPlan) -> dict[Span, str]:
    """Returns the NNX spelling for each use of a Linen name in the class."""
    found = rename(plan.cls.node, plan.cls.names, plan.cls.source)
    for above in (p for p in (plan, *plan.bases) if p.cls.source is plan.cls.source):
        found |= factory_names(above) | _keywords(above)
    for field in (f for f in plan.fields if f.source is plan.cls.source):  # which a subclass repeats
        found |= rename(field.statement, plan.cls.names, field.source)
    return found


def _keywords(plan: ClassPlan) -> dict[Span, str]:
    """Returns the name that NNX has for each argument of a call of a layer that it calls otherwise: `inputs_k=`."""
    calls = [(f.construction.layer, use.call) for f in plan.flow.found.values() for use in f.uses]
    renamed = [
        (keyword, layer.call_renamed[keyword.arg])
        for layer, call in calls
        for keyword in call.keywords
        if layer is not None and keyword.arg is not None and keyword.arg in layer.call_renamed
    ]
    return {plan.cls.source.span(keyword): f"{name}=" for keyword, name in renamed}


def factory_names(plan: ClassPlan) -> dict[Span, str]:
    """Returns the NNX spelling of each layer that the class names without constructing it."""
    layers = ((n, placed((plan.cls.names.linen(n) or "").rpartition(".")[2])) for n in plan.factories)
    return {plan.cls.source.span(node): layer.spelled for node, layer in layers if layer is not None}


def rename(root: ast.AST, names: Names, source: Source) -> dict[Span, str]:
    """Returns the NNX spelling of every Linen name below `root` that has one."""
    spellings = (
        (node, name if name in _BASES else nnx_name(name)) for node, name in linen_names(root, names)
    )
    twins = [*((node, spelling) for node, spelling in spellings if spelling), *tupled(root, names).items()]
    found = {source.span(node): f"nnx.{spelling}" for node, spelling in twins}
    return found | {source.span(node): "nnx" for node in _looked_up(root, names)}


def _looked_up(root: ast.AST, names: Names) -> Iterator[ast.expr]:
    """The module in `getattr(nn, self.act)`: an activation is the same function in both, a layer fails there."""
    for node in walk(root):
        match node:
            case ast.Call(func=ast.Name(id="getattr"), args=[first, *_]) if names.resolve(first) == LINEN:
                yield first


def linen_names(
    root: ast.AST, names: Names, inside: Collection[ast.AST] = ()
) -> Iterator[tuple[ast.expr, str]]:
    """Yields each use of a name of flax.linen with the name; nothing that stands below a node of `inside`."""
    waiting: list[ast.AST] = [root]
    while waiting:
        node = waiting.pop()
        if node in inside or isinstance(
            node, ast.JoinedStr
        ):  # places in f-strings are wrong before Python 3.12
            continue
        named = isinstance(node, ast.Attribute) or (
            isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        )
        name = names.linen(node) if named else None
        if name is not None:
            assert isinstance(node, ast.expr)
            yield node, name
        else:
            waiting += children(node)
