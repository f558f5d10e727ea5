"""What a dataclass of the project holds: `Output(last_hidden_state=x)`, read by name or as a tuple."""

import ast
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from .callables import Definition, Lookup, nothing
from .chosen import chosen, is_one
from .functions.arguments import Arguments
from .values import Array, Changed, Chosen, Items, Leading, Record, Value

if TYPE_CHECKING:
    from .evaluate import Evaluator

_DATACLASSES = frozenset({"chex.dataclass", "dataclasses.dataclass", "flax.struct.dataclass"})
_TUPLES = frozenset(f"transformers.{m}.ModelOutput" for m in ("utils", "utils.generic", "file_utils"))
"""Bases by which an instance is a tuple too, of those fields that are not None."""


def made(definition: Definition, given: Arguments, lookup: Lookup = nothing) -> Value:
    """Returns what a call of a class makes, where that is a dataclass without a base of unknown meaning."""
    found = _declared(definition, lookup) if given.plain else None
    if found is None:
        return None
    fields, is_tuple = found
    values = dict(zip(fields, given.values, strict=False)) | dict(given.keywords)
    known = tuple(values.get(name) for name in fields)
    items = {_Tuple.NONE: (), _Tuple.WHOLE: known, _Tuple.THERE: _there(known)}
    return Record(tuple(fields), known, items[is_tuple])


def changed(instance: Record | Changed | Array, given: Arguments) -> Value:
    """Returns what `state._replace(deter=x)`, or `replace` of a dataclass of flax, makes of an instance."""
    return with_values(instance, given.keywords) if given.plain and not given.values else None


def with_values(instance: Value, new: Mapping[str, Value]) -> Value:
    """Returns an instance with other values under some names; of a caller's, nothing else is known."""
    match instance:
        case Record(names=names) if {*new} <= {*names}:
            values = tuple(new.get(n, v) for n, v in zip(names, instance.values, strict=True))
            return Record(names, values, values if instance.items == instance.values else ())
        case Changed(names=names, values=old):
            both = {**dict(zip(names, old, strict=True)), **new}
            return Changed(instance.base, tuple(both), tuple(both.values()))
        case Array(untouched=True):
            return Changed(instance, tuple(new), tuple(new.values()))
    return None


class _Tuple(Enum):
    """Whether an instance is a tuple too, of its fields or of those that are not None."""

    NONE = "none"
    WHOLE = "whole"
    THERE = "there"


def _declared(definition: Definition, lookup: Lookup) -> tuple[list[str], _Tuple] | None:
    """The fields of a dataclass, those of its base first, and whether an instance is a tuple too."""
    cls, names = definition.node, definition.names
    if not isinstance(cls, ast.ClassDef):
        return None
    bases = {names.resolve(base) or "" for base in cls.bases}
    if not (cls.decorator_list or bases == {"typing.NamedTuple"}):
        return None
    decorators = [d.func if isinstance(d, ast.Call) else d for d in cls.decorator_list]
    plain = {names.resolve(d) for d in decorators} <= _DATACLASSES
    if not plain or any(isinstance(s, ast.FunctionDef) for s in cls.body):
        return None
    own = [s.target.id for s in cls.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)]
    if bases == {"typing.NamedTuple"}:
        return own, _Tuple.WHOLE
    if bases <= _TUPLES:
        return own, _Tuple.THERE if bases else _Tuple.NONE
    above = lookup(bases.pop()) if len(bases) == 1 else None
    inherited = _declared(above, lookup) if above is not None else None
    return ([*dict.fromkeys([*inherited[0], *own])], inherited[1]) if inherited is not None else None


def _there(values: Sequence[Value]) -> tuple[Value, ...]:
    """The first values, as far as they are no None for sure, or for sure where a field says so."""
    found: list[Value] = []
    for value in values:
        if not is_one(value):
            break
        found.append(_where_it_is(value))
        if isinstance(value, Chosen):
            break
    return tuple(found)


def _where_it_is(value: Value) -> Value:
    """In the place of what is None is whatever follows it."""
    if not isinstance(value, Chosen):
        return value if isinstance(value, Array) else None
    return chosen(value.test, _where_it_is(value.yes), _where_it_is(value.no))


def filtered(scope: "Evaluator", node: ast.Call) -> Value:
    """`tuple(v for v in outputs if v is not None)`: what comes first is known as far as it is no None for sure."""
    match node:
        case ast.Call(
            func=ast.Name(id="tuple"),
            args=[
                ast.GeneratorExp(
                    elt=ast.Name(id=each),
                    generators=[
                        ast.comprehension(
                            target=ast.Name(id=target),
                            iter=iterated,
                            ifs=[
                                ast.Compare(
                                    left=ast.Name(id=tested),
                                    ops=[ast.IsNot()],
                                    comparators=[ast.Constant(None)],
                                )
                            ],
                        )
                    ],
                )
            ],
            keywords=[],
        ) if each == target == tested:
            value = as_tuple(scope.value(iterated))
            items = _there(value.items) if isinstance(value, Items | Leading) else ()
            return Leading(items) if items else None
    return None


def as_tuple(value: Value) -> Value:
    """Returns an instance as the tuple that it is too."""
    return Leading(value.items) if isinstance(value, Record) else value


def field_of(record: Record | Changed, name: str) -> Value:
    """Returns what an instance holds under a name."""
    if isinstance(record, Changed):
        return record.at(name)
    return record.values[record.names.index(name)] if name in record.names else None
