"""What a dataclass of the project holds: `Output(last_hidden_state=x)`, read by name or as a tuple."""

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .callables import Definition, Lookup, nothing
from .chosen import chosen, is_one
from .functions.arguments import Arguments
from .values import Array, Chosen, Items, Leading, Record, Value

if TYPE_CHECKING:
    from .evaluate import Evaluator

_DATACLASSES = frozenset({"dataclasses.dataclass", "flax.struct.dataclass"})
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
    return Record(tuple(fields), known, _there(known) if is_tuple else ())


def _declared(definition: Definition, lookup: Lookup) -> tuple[list[str], bool] | None:
    """The fields of a dataclass, those of its base first, and whether an instance is a tuple too."""
    cls, names = definition.node, definition.names
    if not isinstance(cls, ast.ClassDef) or not cls.decorator_list:
        return None
    decorators = [d.func if isinstance(d, ast.Call) else d for d in cls.decorator_list]
    plain = {names.resolve(d) for d in decorators} <= _DATACLASSES
    if not plain or any(isinstance(s, ast.FunctionDef) for s in cls.body):
        return None
    own = [s.target.id for s in cls.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)]
    bases = {names.resolve(base) or "" for base in cls.bases}
    if bases <= _TUPLES:
        return own, bool(bases)
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


def field_of(record: Record, name: str) -> Value:
    """Returns what an instance holds under a name."""
    return record.values[record.names.index(name)] if name in record.names else None
