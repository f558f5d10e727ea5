"""Modules that are made where a class of the project is constructed, `PreNorm(fn=Attention(4))`: that calls them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..constructions import Construction
from .terms import Kind, Term
from .values import Items, Use, Value


@dataclass(eq=False)
class Held:
    """A module that a field is given, and what its constructor was given; `inner` are those in its own fields.

    `uses` are the calls of it in the class that has the field, in the terms of who constructs that.
    """

    construction: Construction
    values: Mapping[str, Value]
    inner: Mapping[str, "Held"]
    uses: list[Use] = field(default_factory=list)

    def seen_inside(self) -> "Held":
        """Returns the same for the class that has the field, of which no call is known yet."""
        values = {name: seen_inside(value) for name, value in self.values.items()}
        return Held(
            self.construction, values, {name: held.seen_inside() for name, held in self.inner.items()}
        )


def seen_inside(value: Value) -> Value:
    """Returns an argument as another class sees it: its sizes are the caller's, and stay so."""
    match value:
        case Term(kind=Kind.CONST):
            return value
        case Term():
            return Term(Kind.GIVEN, value)
        case Items(items=items):
            return replace(value, items=tuple(map(seen_inside, items)))
    return None
