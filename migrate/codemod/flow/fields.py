"""What the declaration of a field says of its value."""

import ast

from ..atoms import integers
from ..bindings import defines, stores_in
from ..model import LinenClass
from .terms import Kind, Term, const


def is_integer(cls: LinenClass, name: str) -> bool:
    """Tells whether a field is declared as one integer."""
    return name in integers(cls)


_SEQUENCES = frozenset({"tuple", "Tuple", "Sequence"})


def tuple_length(cls: LinenClass, name: str) -> int | None:
    """Returns how many integers a field holds: one declared as `tuple[int, int]`, or as a sequence with such a default.

    Another length than that of the default would be another number of axes, which the layer itself asks for.
    """
    field = next((f for f in cls.fields if f.name == name), None)
    if field is None:
        return None
    match field.statement.annotation:
        case ast.Subscript(value=of, slice=ast.Tuple(elts=[*elts])) if _spelled(of) in ("tuple", "Tuple"):
            if all(_spelled(e) == "int" for e in elts):
                return len(elts)
            is_sequence = _spelled(elts[0]) == "int" and isinstance(elts[-1], ast.Constant)
        case ast.Subscript(value=of, slice=item):
            is_sequence = _spelled(of) in _SEQUENCES and _spelled(item) == "int"
        case annotation:
            is_sequence = _spelled(annotation) in _SEQUENCES
    match field.default:
        case ast.Tuple(elts=items) if is_sequence and all(map(_is_integer, items)):
            return len(items)
    return None


def _spelled(annotation: ast.expr) -> str:
    """The name of a type: `Sequence`, also of `typing.Sequence`."""
    return ast.unparse(annotation).rpartition(".")[2]


def _is_integer(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int


def constant_of(cls: LinenClass, name: str) -> Term | None:
    """Returns the number, or the tuple of numbers, that a class has under a name in all of its instances."""
    made = [s.value for s in cls.node.body if isinstance(s, ast.Assign) and name in defines(s)]
    if name not in cls.constants or len(made) != 1 or any(stores_in(m, name) for m in cls.methods.values()):
        return None
    match made[0]:
        case ast.Tuple(elts=items) if all(map(_is_integer, items)):
            return const(ast.literal_eval(made[0]))
        case node if _is_integer(node):
            return const(ast.literal_eval(node))
    return None


def held_features(cls: LinenClass, name: str) -> Term | None:
    """Returns the features of the layer that a field holds, where it holds one in any case."""
    field = next((f for f in cls.fields if f.name == name), None)
    if field is None or field.default is not None or cls.names.linen(field.statement.annotation) is None:
        return None
    return Term(Kind.HELD, name)
