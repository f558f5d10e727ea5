"""Which statements go into the new files: the migrated classes, and what mentions them in turn."""

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from .reach import Reach, bound


@dataclass(frozen=True)
class Moves:
    """By module the statements of its new file; `names` are the dotted names, in the old files, of all of them."""

    statements: Mapping[str, frozenset[ast.stmt]]
    names: frozenset[str]

    @property
    def every(self) -> frozenset[ast.stmt]:
        """The statements of all new files."""
        return frozenset().union(*self.statements.values())


def plan_moves(reach: Reach, roots: Collection[ast.stmt], closed: Collection[ast.stmt]) -> Moves:
    """Returns what goes along with the statements `roots`; those in `closed` stay where they are.

    A helper that does not mention a migrated class stays as well, and the new file imports it. What only a type
    checker reads cannot be imported, and is there twice.
    """
    needed, moved = reach.of(roots, closed), {*roots}
    moved |= {s for s in needed if is_for_types(s)}
    names = _names(reach, moved)
    while new := {s for s in needed - moved if not names.isdisjoint(reach.mentions(s) | _own(reach, s))}:
        moved |= new
        names = _names(reach, moved)
    modules = sorted({reach.module_of[s] for s in moved})
    return Moves({m: frozenset(s for s in moved if reach.module_of[s] == m) for m in modules}, names)


def is_for_types(statement: ast.stmt) -> bool:
    """Tells whether a statement is `if TYPE_CHECKING`."""
    test = statement.test if isinstance(statement, ast.If) else None
    return test is not None and ast.unparse(test).rpartition(".")[2] == "TYPE_CHECKING"


def _names(reach: Reach, statements: Collection[ast.stmt]) -> frozenset[str]:
    return frozenset(name for s in statements if not is_for_types(s) for name in _own(reach, s))


def _own(reach: Reach, statement: ast.stmt) -> frozenset[str]:
    return frozenset(f"{reach.module_of[statement]}.{name}" for name in bound(statement))
