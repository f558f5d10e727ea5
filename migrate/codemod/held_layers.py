"""Fields that are annotated with a layer, `embed_tokens: nn.Embed`: whoever constructs the class hands one on."""

import ast

from .model import Field, LinenClass

HELD = frozenset({"Embed"})
"""Layers that a field may hold: in NNX they ask for no size, have no mode, and are called as before."""
_OPTIONAL = frozenset({"typing.Optional", "typing.Annotated"})


def alternatives(field: Field, names_of: LinenClass) -> list[ast.expr]:
    """Returns what a field may be, as its annotation says: one class, or that or None."""
    annotation = field.statement.annotation
    while isinstance(annotation, ast.Subscript) and names_of.names.resolve(annotation.value) in _OPTIONAL:
        annotation = annotation.slice
    return [annotation.left, annotation.right] if isinstance(annotation, ast.BinOp) else [annotation]


def held_layer(field: Field, names_of: LinenClass) -> ast.expr | None:
    """Returns what names the layer that a field holds."""
    return next((p for p in alternatives(field, names_of) if names_of.names.linen(p) in HELD), None)


def held_layers(cls: LinenClass) -> dict[str, ast.expr]:
    """Returns what names the layer of each field that holds one."""
    found = ((field.name, held_layer(field, cls)) for field in cls.fields)
    return {name: node for name, node in found if node is not None}
