"""Partials at the top of a file that hand on a layer without a twin: what they make cannot be made in NNX."""

import ast
from collections.abc import Iterator

from .mentioned import mentions
from .program import Program
from .records import Lost, Scope
from .resolve import Factories


def lost_variants(program: Program, factories: Factories) -> dict[ast.expr, Lost]:
    """Returns the layers that `ResNet18Local = partial(ResNet, conv=nn.ConvLocal)` hands to a class of the project.

    Nothing in the project may use the partial: who calls it would go on to do so.
    """
    found: dict[ast.expr, Lost] = {}
    for module, source in program.sources.items():
        scope = Scope(program.names[module])
        for statement in source.tree.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                    layers = dict(_layers(call, scope, factories))
                    if layers and not any(mentions(program, f"{module}.{name}")):
                        found |= {node: lost._replace(name=name) for node, lost in layers.items()}
    return found


def _layers(call: ast.Call, scope: Scope, factories: Factories) -> Iterator[tuple[ast.expr, Lost]]:
    if not factories.is_partial(call, scope.names) or len(call.args) != 1:
        return
    made = factories.factory(call.args[0], scope)
    for keyword in call.keywords if made is not None and made.layer is None and made.direct else ():
        handed = factories.factory(keyword.value, scope)
        if made is not None and handed is not None and handed.layer is not None and handed.layer.refused:
            yield keyword.value, Lost("", made.target, handed.layer.refused)
