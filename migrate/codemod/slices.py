"""What a constructor takes over from a method that creates variables."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from .model import Method


@dataclass(frozen=True, eq=False)
class Atom:
    """A use of an array's shape, rank or dtype, or of whether it is given, which is optional.

    `version` counts how often the array was replaced before.

    `index` is set where a helper asks for one size of the array that it is given.
    """

    node: ast.expr
    array: str
    version: int
    what: str
    index: int | None = None


@dataclass(frozen=True, eq=False)
class HelperCall:
    """A call that hands the module to `helper`, which creates variables: its arguments by parameter.

    `arrays` are the parameters whose shape decides, or one index of it; `inputs` those that creation depends on as
    they are.
    """

    call: ast.Call
    helper: str
    given: Mapping[str, ast.expr]
    arrays: Mapping[str, int | None]
    inputs: tuple[str, ...]


@dataclass(eq=False)
class Slice:
    """What `__init__` takes over from one method: small statements to keep, and what they ask of the input.

    Of the statements in `parts`, which call the submodules that they make, it takes over only these expressions.
    `from_start` are conditions that ask for an argument: submodules behind them are made in any case. `asked` are the
    arguments that are no arrays, whose values it needs. What follows a statement that `leaves` is not made with it.
    The locals `held` hold variables at first: no caller knows the sizes of what becomes of one.
    """

    method: Method
    held: frozenset[str] = frozenset()
    keep: set[ast.stmt] = field(default_factory=set)
    atoms: list[Atom] = field(default_factory=list)
    locals: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)
    inputs: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    globals: set[str] = field(default_factory=set)
    parts: dict[ast.stmt, list[ast.expr]] = field(default_factory=dict)
    from_start: set[ast.If | ast.IfExp] = field(default_factory=set)
    leaves: set[ast.stmt] = field(default_factory=set)
