"""What a run over shapes finds out."""

import ast
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

from ..constructions import Construction
from ..model import LinenClass, Method
from .arrays import Assume
from .held import Held
from .terms import PLACED, Kind, Term
from .values import Array, Chosen, Items, Keyed, Ranks, Use, Value

Env = dict[str, Value]
Sizes = tuple[tuple[str, Term | None], ...]
"""NNX arguments and what they are; None for a size that is not known."""


class Child(Protocol):
    """What a class of the project asks for, and gives, when it is constructed and called like this.

    The modules in `held` are those that its fields are given: the calls of them are added to their uses.
    """

    def __call__(
        self,
        construction: Construction,
        values: Mapping[str, Value],
        use: Use,
        assume: Assume,
        held: Mapping[str, Held] = ...,
        /,
    ) -> tuple[Sizes, Value]: ...


@dataclass(frozen=True, eq=False)
class Phi:
    """A size that a loop changes: `entry` before the first round, `back` after each."""

    loop: ast.For
    variable: str
    entry: Term | None
    back: Term | None


PhiKey = tuple[int, str, int]
"""The place of a loop, a name that it changes, and of an array the axis, counted from the end; 0 for a size."""


@dataclass(eq=False)
class Found:
    """What is known of one submodule: its constructor's arguments, its sizes, the locals where it is made.

    `rounds` is how often a transform runs it. `alike` are pairs of sizes that are the same where both are there. `told`
    has what each of its calls says of one size, which is one and the same in all of them: they read one kernel.
    `carries` are the calls that ask a cell for its first carry. `elsewhere` are calls in methods of the bases, which
    stay as they are. Of what makes one of several, `bound` has the arguments that partials bind for each of them.
    """

    construction: Construction
    values: dict[str, Value] = field(default_factory=dict)
    sizes: Sizes | None = None
    rounds: Term | None = None
    uses: list[Use] = field(default_factory=list)
    carries: list[Use] = field(default_factory=list)
    elsewhere: list[Use] = field(default_factory=list)
    env: Env = field(default_factory=dict)
    alike: set[tuple[Term | None, Term]] = field(default_factory=set)
    told: dict[str, tuple[Term, ...]] = field(default_factory=dict)
    bound: Mapping[Construction, Mapping[str, Value]] = field(default_factory=dict)


def nothing_known(use: Use, assume: Assume) -> tuple[Sizes, Value]:  # noqa: ARG001
    return (), None


@dataclass(frozen=True, eq=False)
class Line:
    """What a class inherits: its `bases`, nearest first, each with the submodules that it makes.

    `calls` tells what a call of a method of theirs is worth: the sizes that the constructor of the base takes from it,
    and what it gives.
    """

    bases: Sequence[tuple[LinenClass, Sequence[Construction]]] = ()
    calls: Callable[[Use, Assume], tuple[Sizes, Value]] = nothing_known

    @cached_property
    def methods(self) -> dict[str, Method]:
        """The methods of the bases; of two, the nearer one's."""
        return {name: m for cls, _ in reversed(self.bases) for name, m in cls.methods.items()}

    def owner(self, method: Method) -> LinenClass | None:
        """Returns the base that a method is of."""
        return next((cls for cls, _ in self.bases if cls.methods.get(method.node.name) is method), None)


NO_BASE = Line()


Fill = Callable[[Found, Use], Use]
"""A call of a submodule with more known of its arguments than the source says."""


def as_it_is(found: Found, use: Use) -> Use:  # noqa: ARG001 - nothing is known from elsewhere
    return use


Witness = Callable[[Method, ast.expr, Value, Mapping[ast.AST, Value]], Value]
"""What an expression of a method gives, from what the source says of it and of the expressions in it."""


def as_it_says(method: Method, node: ast.expr, value: Value, known: Mapping[ast.AST, Value]) -> Value:  # noqa: ARG001
    return value


@dataclass(eq=False)
class Flow:
    """`seen` has the value of every expression that was come to; `returns` that of each public method.

    `counts` has how often a loop runs, where fields say so. `as_long` are lists that a loop runs through besides, and
    that have an item for each of its rounds. `comprehended` has the comprehension that a loop stands for: one that
    makes layers of a Sequential. `origins` has what each loop that is read anew, for one more call, stands for.

    `assumed` has the number of axes that an argument of a method is taken to have at least, `exact` the number that
    one is taken to have, `counted` those with which axes could be told apart, each of arguments of one number of
    axes. `instead` is what stands in for one that is None. `kept` has the test with which setup keeps an attribute
    that is not there without, `there` the one with which it makes a module in the place of None, `told` the
    properties that gave a size or a submodule, `decided` what an attribute is on either side of a condition of
    setup. `handed` has the arguments of other methods that an argument is handed on to as it is.

    `called_up` has the sizes that the base takes from a call of the method that the class replaces, `inherited` the
    submodules of the bases as the class's own methods call them.
    """

    found: dict[ast.Call, Found] = field(default_factory=dict)
    seen: dict[ast.AST, Value] = field(default_factory=dict)
    phis: dict[PhiKey, Phi] = field(default_factory=dict)
    counts: dict[ast.For, Term] = field(default_factory=dict)
    as_long: set[ast.expr] = field(default_factory=set)
    comprehended: dict[ast.For, ast.ListComp] = field(default_factory=dict)
    origins: dict[ast.For, ast.For | ast.ListComp] = field(default_factory=dict)
    returns: dict[str, Value] = field(default_factory=dict)
    attributes: dict[str, Value] = field(default_factory=dict)
    assumed: dict[tuple[str, str], int] = field(default_factory=dict)
    exact: dict[tuple[str, str], int] = field(default_factory=dict)
    counted: list[Ranks] = field(default_factory=list)
    instead: dict[tuple[str, str], Value] = field(default_factory=dict)
    kept: dict[str, Term | None] = field(default_factory=dict)
    there: dict[ast.Call, Term | None] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    decided: dict[str, Chosen] = field(default_factory=dict)
    handed: dict[tuple[str, str], dict[str, set[str]]] = field(default_factory=dict)
    called_up: Sizes | None = None
    inherited: dict[ast.Call, Found] = field(default_factory=dict)

    def origin(self, loop: ast.For) -> ast.For | ast.ListComp:
        """Returns what a loop that was read anew, for one more call, stands for in the source."""
        return self.origins.get(loop, loop)

    def place(self, loop: ast.For) -> ast.For | ast.ListComp:
        """Returns the loop, or the comprehension that it stands for."""
        return self.comprehended.get(loop, loop)

    def last(self, loop: ast.For) -> ast.stmt | ast.expr:
        """Returns what a round of the loop does last."""
        place = self.place(loop)
        return place.elt if isinstance(place, ast.ListComp) else place.body[-1]

    @property
    def untold(self) -> bool:
        """Tells whether a size of a submodule is not known."""
        return any(size is None for found in self.found.values() for _, size in found.sizes or ())


def holds_anywhere(size: Term) -> bool:
    """Tells whether a size is made of literals and fields alone."""
    return not any(t.kind is Kind.DIM or t.kind in PLACED for t in size.walk())


def is_configured(test: Term) -> bool:
    """Tells whether a condition is the same at every call of a module: of fields, and of what setup makes of them."""
    parts = [t for t in test.walk() if t.kind is Kind.DIM or t.kind in PLACED]
    return all(part.kind is Kind.LOCAL and part.value.setup for part in parts)


def anywhere(value: Value, placed: Collection[Kind] = PLACED) -> Value:
    """What is left of a value where the method that it comes from, and what is `placed` in it, is not there."""
    match value:
        case Array(tail=tail):
            return replace(
                value, tail=tuple(t if t is not None and _holds(t, placed) else None for t in tail)
            )
        case Items(items=items):
            return Items(tuple(anywhere(item, placed) for item in items))
        case Keyed(names=names, values=values):
            return Keyed(names, tuple(anywhere(item, placed) for item in values))
        case Term():
            return value if _holds(value, placed) else None
    return None


def _holds(term: Term, placed: Collection[Kind]) -> bool:
    return not any(part.kind in placed for part in term.walk())
