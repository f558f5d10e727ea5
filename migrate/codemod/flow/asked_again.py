"""What names are on either side of a test for None: where the same is asked again, the same side has run."""

import ast
from collections.abc import Collection, Mapping, Set

from ..bindings import defines, statements, stored
from ..trees import walk
from .alternatives import either
from .found import Env
from .optional import asks_for
from .terms import Kind
from .values import Array, Value

Sides = Mapping[tuple[str, bool], Mapping[str, Value]]
"""By what is asked for, and whether it is None: what names are then, as long as nothing binds these anew."""


def recalled(known: Sides, test: ast.expr, *, holds: bool) -> Mapping[str, Value]:
    """Returns what names are on one side of a test, where another one has asked before it."""
    asked = asks_for(test)
    return known.get((asked[0], asked[1] == holds), {}) if asked is not None else {}


def sides(statement: ast.If, yes: Env, no: Env, after: Env) -> Sides:
    """Returns what the sides of a condition have bound, of which less is known after both of them."""
    asked = asks_for(statement.test)
    if asked is None or asked[0] in bound_below(statement):
        return {}
    lost = {name for name in bound_below(statement) if _is_lost(after.get(name))}
    each = ((asked[1], yes), (not asked[1], no))
    return {
        (asked[0], none): {n: v for n, v in env.items() if n in lost and _is_told(v)} for none, env in each
    }


def bound_below(statement: ast.stmt) -> Set[str]:
    """The names that a statement, or one below it, binds or changes."""
    found = stored(statement) | {name for each in statements([statement]) for name in defines(each)}
    return found | {name for node in walk(statement) if (name := _named(node)) is not None}


def _named(node: ast.AST) -> str | None:
    """What else binds a name: a pattern, an import, or what is caught."""
    match node:
        case ast.MatchAs(name=name) | ast.MatchStar(name=name) | ast.MatchMapping(rest=name):
            return name
        case ast.ExceptHandler(name=name):
            return name
        case ast.alias(name=name, asname=other):
            return other or name.partition(".")[0]
    return None


def without(known: Sides, names: Collection[str | None]) -> Sides:
    """Returns what is left where these names are bound anew."""
    return {
        key: {n: value for n, value in values.items() if n not in names}
        for key, values in known.items()
        if key[0] not in names
    }


def joined(known: Sides, more: Sides) -> Sides:
    """Returns what is known, and what one more condition tells."""
    return {key: {**known.get(key, {}), **more.get(key, {})} for key in {**known, **more}}


def after_both(test: Value, yes: Sides, no: Sides) -> Sides:
    """Returns what is known behind another condition, whichever side of that has run."""
    return {
        key: {n: either(test, yes[key][n], no[key][n]) for n in yes[key].keys() & no[key].keys()}
        for key in yes.keys() & no.keys()
    }


def _is_lost(value: Value) -> bool:
    size = value.at(-1) if isinstance(value, Array) else None
    return size is None or size.kind is Kind.CHOICE


def _is_told(value: Value) -> bool:
    return isinstance(value, Array) and value.at(-1) is not None
