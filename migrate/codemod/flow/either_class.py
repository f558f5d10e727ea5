"""What a call of one of several classes gives: a choice by the class itself, where a field holds it."""

from collections.abc import Sequence

from ..constructions import Construction
from .choices import merged
from .terms import Kind, Term, asks_class
from .values import Value


def of_either(each: Sequence[Construction], outputs: Sequence[Value]) -> Value:
    """Returns what the call gives; what comes first is what is given unless the class is a later one."""
    found = outputs[0]
    classes = all(construction.layer is None for construction in each)
    for construction, output in zip(each[1:], outputs[1:], strict=True):
        found = merged(_is(construction) if classes else None, output, found)
    return found


def _is(construction: Construction) -> Term | None:
    """`block_cls is Bottleneck`, by the name that the file has for the class."""
    field, name = construction.factory.field, construction.known_as
    return asks_class(Term(Kind.FIELD, field), name, construction.target) if field and name else None
