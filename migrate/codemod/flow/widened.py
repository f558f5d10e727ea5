"""Arguments that are given an axis where they have too few: `if x.ndim < 3: x = jnp.expand_dims(x, -2)`."""

import ast
from collections.abc import Mapping
from dataclasses import replace
from itertools import dropwhile
from typing import NamedTuple

from .arrays import Assume
from .choices import counted
from .ranks import one_of, ranks_of
from .terms import Kind, Size, Term, Widened, const
from .truths import COMPARED
from .values import Array, Value

_SIGNS: Mapping[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "<=", ast.Eq: "=="}


def widened(
    test: ast.expr,
    start: Mapping[str, Value],
    yes: Mapping[str, Value],
    no: Mapping[str, Value],
    assume: Assume,
) -> dict[str, Array]:
    """Returns what a name holds behind a test for the number of its axes, which has widened what it held before."""
    asked = _asked(test)
    if asked is None:
        return {}
    name = asked.name
    found = _of_both(asked, start.get(name), yes.get(name), no.get(name), assume)
    return {name: found} if found is not None else {}


def widened_by(
    node: ast.IfExp, env: Mapping[str, Value], yes: Value, no: Value, assume: Assume
) -> Array | None:
    """Returns the same of `jnp.expand_dims(x, -2) if x.ndim < 3 else x`."""
    asked = _asked(node.test)
    return _of_both(asked, env.get(asked.name), yes, no, assume) if asked is not None else None


class _Asked(NamedTuple):
    """The name, the sign and the number of `x.ndim < 3`."""

    name: str
    sign: str
    number: int

    @property
    def least(self) -> int:
        """How many axes there are where the test does not hold; of an array that has no fewer than it asks for."""
        return self.number if self.sign == "<" else self.number + 1


def _asked(test: ast.expr) -> _Asked | None:
    match test:
        case ast.Compare(left=left, ops=[sign], comparators=[ast.Constant(value=int() as count)]):
            name = counted(left)
            known = name is not None and type(sign) in _SIGNS
            return _Asked(name, _SIGNS[type(sign)], count) if known and name is not None else None
    return None


def _of_both(asked: _Asked, given: Value, yes: Value, no: Value, assume: Assume) -> Array | None:
    """An array with an axis of 1 where the argument `given` has so many axes, and as it was given elsewhere."""
    if not isinstance(given, Array) or not given.untouched or no != given or not isinstance(yes, Array):
        return None
    pairs = [(yes.at(-k), given.at(-k)) for k in range(min(len(yes.tail), asked.least), 0, -1)]
    tail = [*dropwhile(lambda axis: axis is None, (_axis(one, two, asked) for one, two in pairs))]
    if not any(axis is not None and isinstance(axis.value, Widened) for axis in tail):
        return None
    if asked.sign == "==" and not assume(given, asked.number):
        return None
    found = one_of(yes, given, tail)
    return replace(found, skipped=False) if found is not None else None  # it has been asked for its axes


def _axis(widened: Term | None, given: Term | None, asked: _Asked) -> Term | None:
    if widened == given:
        return given
    return _or_one(given, asked.sign, asked.number) if widened == const(1) and given is not None else None


def _or_one(axis: Term, sign: str, count: int) -> Term:
    size: Size = axis.value
    return Term(Kind.DIM, Widened(size.method, size.array, size.index, sign=sign, count=count))


def seen_from(size: Widened, given: Value) -> Term | None:
    """Returns what such an axis is where the argument is `given`: as many axes as are counted there decide."""
    if not isinstance(given, Array):
        return None
    if given.argument is not None and given.axes is None and len(given.tail) == given.cut:
        # an argument of the caller, or what is like it
        own = Term(Kind.DIM, Size(*given.argument, size.index))
        return _or_one(own, size.sign, size.count) if given.at(size.index) == own else None
    told = {COMPARED[size.sign](rank.more, size.count) for rank in ranks_of(given) if rank.root is None}
    if len(told) != 1 or any(rank.root is not None for rank in ranks_of(given)):
        return None
    return const(1) if told == {True} else given.at(size.index)
