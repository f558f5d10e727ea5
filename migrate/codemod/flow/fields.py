"""What the declaration of a field says of its value."""

import ast

from ..atoms import integers
from ..model import LinenClass
from .terms import Kind, Term


def is_integer(cls: LinenClass, name: str) -> bool:
    """Tells whether a field is declared as one integer."""
    return name in integers(cls)


def tuple_length(cls: LinenClass, name: str) -> int | None:
    """Returns how many integers a field holds that is declared as `tuple[int, int]` or with such a default."""
    field = next((f for f in cls.fields if f.name == name), None)
    if field is None:
        return None
    match field.statement.annotation:
        case ast.Subscript(value=ast.Name(id="tuple" | "Tuple"), slice=ast.Tuple(elts=elts)) if all(
            isinstance(e, ast.Name) and e.id == "int" for e in elts
        ):
            return len(elts)
    return None


def held_features(cls: LinenClass, name: str) -> Term | None:
    """Returns the features of the layer that a field holds, where it holds one in any case."""
    field = next((f for f in cls.fields if f.name == name), None)
    if field is None or field.default is not None or cls.names.linen(field.statement.annotation) is None:
        return None
    return Term(Kind.HELD, name)
