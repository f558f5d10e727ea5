"""Random draws: which bits a stream's key gives is not looked at, only who draws, how much, and who shares a key.

Linen folds a module's path into a key, NNX counts. So a key that comes from a random stream is opaque: in a second
pass each such key is replaced by a token, numbered in the order in which the program comes to it, and the same
numbers have to fit on both sides. Two expressions that are not equal are taken for independent keys, as everybody
does who folds or splits a key. A key that is an argument, a variable or a constant is compared like any array.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .normal_form import Equation, NormalForm
from .terms import Table, Term, Value, whole

DRAW = "draw"
HIDDEN = "hidden"  # the first parameter of an input that is the key of a Linen stream
TOKEN = "key"
STREAM = "stream"  # what an NNX model holds of its random streams: equal operands, equal streams
# Operations whose results differ, as keys or as what is folded into one, when those of one operand do.
DERIVES = frozenset(
    {"random_split", "random_fold_in", "random_seed", "random_wrap", "element", "slice", "reshape", STREAM}
)
DISTINCT = frozenset({"random_split", "input", "iota"})


@dataclass(frozen=True)
class Draws:
    """The keys of random streams that results are drawn from, in the order of the program, and how many draws."""

    keys: tuple[int, ...]
    count: int

    def __str__(self) -> str:
        return f"{self.count} draws from {len(self.keys)} keys"


def draw(nf: NormalForm, eqn: Equation, operands: Sequence[Value]) -> list[Value]:
    """Returns a draw from a key, or from the token that stands for it."""
    key, *others = operands
    token = nf.tokens.get(key.term)
    nf.drawn.append(token)
    given = key if token is None else key._replace(term=token)
    return nf.opaque(eqn, (given, *others), DRAW)


def opaque(table: Table, value: Value) -> Value:
    """Returns the state of a random stream; its keys are opaque, its counts are numbers."""
    term = table.terms[value.term]
    if not term.dtype.startswith("key<"):
        return value
    return value._replace(
        term=table.make(STREAM, (), (whole(value.term, term.shape),), term.shape, term.dtype).term
    )


def find(table: Table, results: Iterable[Value]) -> Draws:
    """Returns the keys that results depend on by a draw, and that are opaque."""
    drawn = [table.terms[n].operands[0].term for n in table.below(results) if table.terms[n].op == DRAW]
    keys = [key for key in drawn if _is_opaque(table, key)]
    return Draws(tuple(sorted(set(keys))), len(keys))


def _is_opaque(table: Table, key: int) -> bool:
    below = (table.terms[n] for n in table.below([Value(key, (), ())]))
    return any(
        term.op in (STREAM, TOKEN) or (term.op == "input" and term.params[0] == HIDDEN) for term in below
    )


def is_in_loop(table: Table, draws: Draws) -> bool:
    """Whether any of the keys is used in a loop that changes it."""
    return any(table.free[key] or table.terms[key].params[-1] for key in draws.keys)


def tokens(nf: NormalForm, keys: Sequence[int]) -> dict[int, int]:
    """Returns the number of a token for each key: its place, its shape, and the loops that it is fresh in."""
    return {key: _token(nf, key, place) for place, key in enumerate(keys)}


def _token(nf: NormalForm, key: int, place: int) -> int:
    term = nf.table.terms[key]
    return nf.table.number(Term(TOKEN, (place, fresh_in(nf, key)), (), term.shape, term.dtype))


def fresh_in(nf: NormalForm, key: int) -> tuple[Any, ...]:
    """Returns the depths of the loops in which a key is another one at each turn.

    Where it changes but that is not known, its symbol stands there too, which has no match on another side.
    """
    found = set()
    for symbol in nf.table.free[key]:
        depth = nf.table.terms[symbol].params[0]
        found.add((depth,) if _is_fresh(nf, symbol) else (depth, symbol, id(nf)))
    return tuple(sorted(found))


def _is_fresh(nf: NormalForm, symbol: int) -> bool:
    term = nf.table.terms[symbol]
    return _distinct(nf.table, term.operands[0]) if term.op == "element" else symbol not in nf.stalled


def _distinct(table: Table, keys: Value) -> bool:
    """Whether an array of keys, or of what is folded into one, has another element at each place."""
    term = table.terms[keys.term]
    if term.op == "constant":
        return bool(term.params[-1] == "distinct")
    return term.op in DISTINCT or (
        term.op in DERIVES and any(_distinct(table, operand) for operand in term.operands)
    )


def progresses(table: Table, symbol: int, update: Value) -> bool:
    """Whether a key or a count that a loop carries is known to be another one at each turn."""
    term = table.terms[update.term]
    if symbol not in table.free[update.term]:
        return False
    if term.op == "add":
        constants = [table.terms[o.term] for o in term.operands if table.terms[o.term].op == "constant"]
        return any(o.term == symbol for o in term.operands) and any(any(c.params[0]) for c in constants)
    return update.term == symbol or (
        term.op in DERIVES and any(_reaches(table, symbol, o) for o in term.operands)
    )


def _reaches(table: Table, symbol: int, value: Value) -> bool:
    return value.term == symbol or progresses(table, symbol, value)
