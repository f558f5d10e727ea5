"""What the declaration of a field decides: one that is an `int`, and has to be given, is not None."""

import ast
from dataclasses import replace

from ..model import LinenClass
from ..trees import is_none
from .terms import Kind, Term, choice, const
from .values import Array, Changed, Items, Keyed, Leading, Record, Shape, Value

_NEVER_NONE = frozenset({"int", "float", "bool", "str"})


def decided(cls: LinenClass, value: Value) -> Value:
    """Returns a value in which tests are answered that the fields of `cls` decide by what they are declared as."""
    match value:
        case Term():
            return term(cls, value)
        case Array(tail=tail):
            return replace(value, tail=tuple(t and term(cls, t) for t in tail))
        case Items(items=items):
            return Items(tuple(decided(cls, i) for i in items))
        case Leading(items=items, last=last):
            return Leading(tuple(decided(cls, i) for i in items), tuple(decided(cls, i) for i in last))
        case Changed(base=base, names=names, values=values):
            return Changed(base, names, tuple(decided(cls, i) for i in values))
        case Record(names=names, values=values, items=items):
            return Record(
                names, tuple(decided(cls, i) for i in values), tuple(decided(cls, i) for i in items)
            )
        case Keyed(names=names, values=values):
            return Keyed(names, tuple(decided(cls, i) for i in values))
        case Shape(array=array):
            whole = decided(cls, array)
            return Shape(whole) if isinstance(whole, Array) else None
    return value


def term(cls: LinenClass, size: Term) -> Term:
    """Returns a size without the choices that are made."""
    parts = tuple(term(cls, part) for part in size.parts)
    if size.kind is Kind.CHOICE:
        return choice(*parts)
    asks = size.kind is Kind.OP and size.value in ("is", "is not") and parts[1] == const(None)
    if asks and _is_there(cls, parts[0]):
        return const(size.value == "is not")
    return replace(size, parts=parts) if size.parts else size


def _is_there(cls: LinenClass, size: Term) -> bool:
    """Tells whether a term is a field that is declared as a number, and not None by default, or a number itself."""
    if size.kind is not Kind.FIELD:
        return size.number is not None
    field = next((f for f in cls.fields if f.name == size.value), None)
    if field is None or (field.default is not None and is_none(field.default)):
        return False
    annotation = field.statement.annotation
    return isinstance(annotation, ast.Name) and annotation.id in _NEVER_NONE
