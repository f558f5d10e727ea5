"""Modules that are made where a class of the project is constructed, `PreNorm(fn=Attention(4))`: that calls them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..constructions import Construction
from .terms import Kind, Term
from .values import Items, Keeping, Made, Use, Value


@dataclass(eq=False)
class Held:
    """A module that a field is given, and what its constructor was given; `inner` are those in its own fields.

    `uses` are the calls of it in the class that has the field, in the terms of who constructs that. One that stands
    in a list has its `place` there, and the length of that.
    """

    construction: Construction
    values: Mapping[str, Value]
    inner: Mapping[str, "Held"]
    uses: list[Use] = field(default_factory=list)
    place: tuple[int, int] | None = None

    def seen_inside(self) -> "Held":
        """Returns the same for the class that has the field, of which no call is known yet."""
        values = {name: seen_inside(value) for name, value in self.values.items()}
        inner = {name: held.seen_inside() for name, held in self.inner.items()}
        return Held(self.construction, values, inner, place=self.place)


def given_modules(values: Mapping[str, Value]) -> dict[str, tuple[Made, tuple[int, int] | None]]:
    """Returns the modules that fields are given, and those in lists with their places: `layers.0` is the first.

    A list in which there is something else than these, and functions that keep the shape, is left out.
    """
    found = dict[str, tuple[Made, tuple[int, int] | None]]()
    for name, value in values.items():
        if isinstance(value, Made):
            found[name] = value, None
        elif isinstance(value, Items) and all(isinstance(item, Made | Keeping) for item in value.items):
            count = len(value.items)
            made = ((k, item) for k, item in enumerate(value.items) if isinstance(item, Made))
            found |= {f"{name}.{k}": (item, (k, count)) for k, item in made}
    return found


def as_attributes(held: Mapping[str, Held]) -> dict[str, Value]:
    """Returns what the class that has the fields finds there."""
    found: dict[str, Value] = {}
    for name, one in held.items():
        value: Value = Made(one.construction.call)
        if one.place is not None:
            name, (at, count) = name.rpartition(".")[0], one.place
            known = found.get(name)
            items = known.items if isinstance(known, Items) else (Keeping(),) * count
            value = Items((*items[:at], value, *items[at + 1 :]))
        found[name] = value
    return found


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
