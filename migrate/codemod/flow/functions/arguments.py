"""The arguments of a call as the rules of functions read them."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..terms import Term, const
from ..values import Array, Items, Shape, Value

if TYPE_CHECKING:
    from ..evaluate import Evaluator


@dataclass(frozen=True)
class Arguments:
    """The arguments of one call; a keyword `**` stands for those that are unpacked."""

    evaluator: "Evaluator"
    node: ast.Call
    values: tuple[Value, ...]
    keywords: Mapping[str, Value]

    @property
    def plain(self) -> bool:
        starred = any(isinstance(a, ast.Starred) for a in self.node.args)
        return not starred and "**" not in self.keywords

    def get(self, position: int, name: str) -> Value:
        return self.values[position] if position < len(self.values) else self.keywords.get(name)

    def has(self, position: int, name: str) -> bool:
        return position < len(self.values) or name in self.keywords

    def array(self, position: int = 0, name: str = "") -> Array | None:
        value = self.get(position, name)
        return value if isinstance(value, Array) else None

    def term(self, position: int, name: str) -> Term | None:
        value = self.get(position, name)
        return value if isinstance(value, Term) else None

    def integer(self, position: int, name: str, default: int | None) -> int | None:
        """A literal argument; `default` where it is not given, None where it is no literal."""
        if not self.has(position, name):
            return default
        value = self.get(position, name)
        return value.number if isinstance(value, Term) else None

    def integers(self, position: int, name: str) -> list[int] | None:
        value = self.get(position, name)
        items = value.items if isinstance(value, Items) else (value,)
        found = [i.number if isinstance(i, Term) else None for i in items]
        return [n for n in found if n is not None] if None not in found else None

    def flag(self, name: str) -> bool | None:
        """A literal keyword that is off where it is not given; None where it is no literal."""
        if name not in self.keywords:
            return False
        value = self.keywords[name]
        return value.value if isinstance(value, Term) and value in (const(True), const(False)) else None

    def sizes(self, position: int, *names: str) -> Shape | Items | None:
        """A shape that is given as one tuple, or as all arguments from `position` on."""
        by_name = [self.keywords[n] for n in names if n in self.keywords]
        rest = [*self.values[position:], *by_name]
        nodes = [*self.node.args[len(self.node.args) - len(self.values[position:]) :], *by_name]
        if len(rest) == 1 and isinstance(rest[0], Shape | Items):
            return rest[0]
        if len(rest) == 1 and rest[0] is None:
            return None  # it may be one size or a tuple of them
        starred = [isinstance(n, ast.Starred) for n in nodes]
        return spelled_out(list(zip(rest, starred, strict=True))) if rest else None


def spelled_out(parts: list[tuple[Value, bool]]) -> Shape | Items | None:
    """Returns the tuple of `parts`, those with True being unpacked; a shape of unknown length has to come first."""
    found: list[Value] = []
    lead: Array | None = None
    for place, (value, starred) in enumerate(parts):
        if not starred:
            found.append(value)
        elif isinstance(value, Items):
            found += value.items
        elif isinstance(value, Shape) and value.array.axes is not None:
            found += [value.array.at(k) for k in range(-value.array.axes, 0)]
        elif isinstance(value, Shape) and place == 0:
            lead = value.array
        else:
            return None
    if lead is None:
        return Items(tuple(found))
    return Shape(lead.ending(*(v if isinstance(v, Term) else None for v in found)))
