"""Windows that slide as a class is told to where it is constructed: `ConvBlock(8, (3, 3), strides=self.strides)`."""

import ast
from collections.abc import Iterator, Mapping, Sequence

from ..constructions import Construction
from ..flow.fields import tuple_length
from ..flow.found import holds_anywhere
from ..flow.terms import Kind, Term, const
from ..flow.values import Items, Value
from .records import ClassPlan

_SLIDING = ("kernel_size", "strides", "padding")


def windows_given(
    child: ClassPlan, made: Sequence[Construction], values: Mapping[str, Value]
) -> Iterator[tuple[str, Value]]:
    """Yields what the fields of `child` hold here that its layers slide by."""
    for construction in made:
        if construction.layer is None:
            continue
        for node in (construction.every.get(name) for name in _SLIDING):
            if isinstance(node, ast.Attribute) and construction.method.is_this(node):
                value = _of_field(child, values, node.attr)
                if value is not None:
                    yield node.attr, value


def _of_field(child: ClassPlan, values: Mapping[str, Value], name: str) -> Value:
    field = next((f for f in child.fields if f.name == name), None)
    if field is None:
        return None
    if name not in values:
        return _literal(field.default) if field.default is not None else None
    value, count = values[name], tuple_length(child.cls, name)
    if isinstance(value, Term) and count is not None and not is_literal(value) and holds_anywhere(value):
        places = (Term(Kind.ITEM, None, (value, const(k))) for k in range(count))
        return Items(tuple(Term(Kind.GIVEN, place) for place in places))
    return as_seen_inside(value)


def _literal(node: ast.expr) -> Value:
    if isinstance(node, ast.Tuple | ast.List):
        items = tuple(map(_literal, node.elts))
        return Items(items) if None not in items else None
    return const(node.value) if isinstance(node, ast.Constant) else None


def as_seen_inside(value: Value) -> Value:
    """Returns an argument as the child sees it: its sizes are the caller's, and stay so."""
    match value:
        case Term() if is_literal(value):
            return value
        case Term() if holds_anywhere(value):
            return Term(Kind.GIVEN, value)
        case Items(items=items):
            bound = tuple(map(as_seen_inside, items))
            return Items(bound) if None not in bound else None
    return None


def is_literal(value: Term) -> bool:
    """Tells whether a value is spelled out."""
    return value.kind is Kind.CONST
