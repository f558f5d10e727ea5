"""The arguments of a call as the rules of functions read them."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..terms import Term
from ..values import Array, Items, Value

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
