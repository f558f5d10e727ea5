"""What a name can hold that matters here: a module, its variables or a part of them, or one of several."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from ..constructors import Constructor

PARAMS = "params"
# Collections that init does not return and apply does not take.
SOWN = "intermediates"
TRANSIENT = frozenset({SOWN, "perturbations"})


@dataclass(frozen=True, eq=False)
class Site:
    """One construction `call` of a migrated class in the statement `owner`, bound to the variable `name`, if to any.

    With `given`, the call is of a parameter that holds the class.
    """

    call: ast.Call
    constructor: Constructor
    name: str
    owner: ast.stmt
    given: bool = False

    @property
    def collections(self) -> frozenset[str]:
        """The collections that Linen's init returns for it."""
        return frozenset(self.constructor.collections) - TRANSIENT


@dataclass(frozen=True)
class Model:
    """The module itself; `live` once its variables exist."""

    site: Site
    live: bool = False


@dataclass(frozen=True)
class Tree:
    """A dict of collections, or with `bare` the one collection of that name.

    `current` are those of its collections `has` that are what the module itself holds at this point.
    """

    site: Site
    has: frozenset[str]
    current: frozenset[str]
    bare: str = ""

    def pick(self, collection: str) -> "Tree":
        """Returns the collection alone."""
        one = frozenset({collection})
        return Tree(self.site, one, self.current & one, collection)


@dataclass(frozen=True)
class Mixed:
    """One thing on one path through the code and another on another."""

    site: Site


class Foreign(Enum):
    """Anything else."""

    VALUE = "value"


Value = Model | Tree | Mixed | Foreign
Env = Mapping[str, Value]


def join(left: Env, right: Env) -> dict[str, Value]:
    """Returns what holds after either of two paths. A name that one leaves unbound cannot be read there."""
    merged = {**left, **right}
    return {name: _either(left.get(name, value), right.get(name, value)) for name, value in merged.items()}


def _either(left: Value, right: Value) -> Value:
    if left == right:
        return left
    if isinstance(left, Tree) and isinstance(right, Tree):
        both = left.current & right.current
        if replace(left, current=both) == replace(right, current=both):
            return replace(left, current=both)
    tracked = left if not isinstance(left, Foreign) else right
    assert not isinstance(tracked, Foreign)
    return Mixed(tracked.site)


def outdate(env: Env, site: Site, collections: frozenset[str]) -> dict[str, Value]:
    """Returns `env` after the module of `site` has changed `collections` of its own."""
    return {
        name: replace(value, current=value.current - collections)
        if isinstance(value, Tree) and value.site is site
        else value
        for name, value in env.items()
    }
