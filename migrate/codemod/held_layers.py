"""Fields that are annotated with a layer, `embed_tokens: nn.Embed`: whoever constructs the class hands one on."""

import ast
from collections.abc import Mapping
from types import MappingProxyType

from .bindings import stores_in
from .model import Field, LinenClass, Method

HELD = frozenset({"Embed"})
"""Layers that a field may hold: in NNX they ask for no size, have no mode, and are called as before."""
ANNOTATED = HELD | {"Dense"}
"""Layers that may be what a field is annotated with: whoever has a Dense tells it its size, and calls it as before."""
ATTRIBUTES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "Embed": {"features": "features", "num_embeddings": "num_embeddings"},
        "Dense": {"features": "out_features", "use_bias": "use_bias"},
    }
)
"""What such layers keep of their arguments in NNX too, whatever these are, and how it is called there."""
_OPTIONAL = frozenset({"typing.Optional", "typing.Annotated"})


def alternatives(field: Field, names_of: LinenClass) -> list[ast.expr]:
    """Returns what a field may be, as its annotation says: one class, or that or None."""
    annotation = field.statement.annotation
    while isinstance(annotation, ast.Subscript) and names_of.names.resolve(annotation.value) in _OPTIONAL:
        annotation = annotation.slice
    return [annotation.left, annotation.right] if isinstance(annotation, ast.BinOp) else [annotation]


def held_layer(field: Field, names_of: LinenClass) -> ast.expr | None:
    """Returns what names the layer that a field holds."""
    return next((p for p in alternatives(field, names_of) if names_of.names.linen(p) in ANNOTATED), None)


def held_layers(cls: LinenClass) -> dict[str, ast.expr]:
    """Returns what names the layer of each field that holds one."""
    found = ((field.name, held_layer(field, cls)) for field in cls.fields)
    return {name: node for name, node in found if node is not None}


def held_kind(cls: LinenClass, name: str) -> str:
    """Returns Linen's name of the layer that a field is annotated with, or nothing."""
    node = held_layers(cls).get(name)
    return (cls.names.linen(node) or "") if node is not None else ""


def stays(cls: LinenClass, name: str) -> bool:
    """Tells whether a field holds what it was given all the time."""
    return not any(stores_in(method, name) for method in cls.methods.values())


def features_of(layer: str) -> tuple[str, ...]:
    """Returns what the features of such a layer are called: in NNX, and in Linen."""
    return (ATTRIBUTES[layer]["features"], "features")


def attribute_of_held(cls: LinenClass, method: Method, node: ast.AST) -> tuple[str, str] | None:
    """Returns the field and the attribute of `self.wrapped.features`, where a layer is asked what it was given."""
    match node:
        case ast.Attribute(value=ast.Attribute(attr=field) as held, attr=name, ctx=ast.Load()) if (
            method.is_this(held)
        ):
            above = method.parents[node]
            called = isinstance(above, ast.Call) and above.func is node
            return (field, name) if held_kind(cls, field) and not called and stays(cls, field) else None
    return None
