"""What a plan for the call sites of a file consists of."""

import ast
from dataclasses import dataclass
from typing import NamedTuple

from ..edits import Edit

NOT_FOLLOWED = "MN301"
OWNER_STAYS = "MN302"


Argument = tuple[str, str, str]
"""An argument of a method of a class."""


class SiteRefusal(NamedTuple):
    """A use of the migrated class `class_name` that keeps it Linen; `line` and `column` count from 1."""

    class_name: str
    code: str
    line: int
    column: int
    message: str


class Offered(NamedTuple):
    """A function that makes models of the classes, and what it asks for now; line and column count from 1."""

    class_names: tuple[str, ...]
    line: int
    column: int
    function: str
    asked: tuple[str, ...]


@dataclass(frozen=True)
class SitePlan:
    """The edits of one file. They are of use only when no plan of the project has refusals.

    `globals` are the dotted names of module-level variables whose meaning changes or that go away: another
    file that imports one of them would see it. Each comes with the class that it is about. `split` are the classes
    whose variables are kept as states, with the line and column of the init; `bridged` those that are made as Linen
    modules. `ranked` are the arguments that are given arrays of as many axes as was assumed. `offered` are functions
    that ask their callers for more.
    """

    edits: tuple[Edit, ...] = ()
    refusals: tuple[SiteRefusal, ...] = ()
    globals: tuple[tuple[str, str], ...] = ()
    split: tuple[tuple[str, int, int], ...] = ()
    bridged: tuple[tuple[str, int, int], ...] = ()
    ranked: frozenset[Argument] = frozenset()
    offered: tuple[Offered, ...] = ()


class Refused(Exception):  # noqa: N818
    """Ends the analysis of a scope: `node` uses `class_name` in a way that is not followed."""

    def __init__(self, class_name: str, node: ast.AST, message: str):
        super().__init__(message)
        self.class_name, self.node, self.message = class_name, node, message
