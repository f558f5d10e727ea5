"""Random draws: which bits a stream's key gives is not looked at, only who draws, how much, and who shares a key.

Linen folds a module's path into a key, NNX counts. So a key that comes from a random stream is opaque: in a second
pass each such key is replaced by a token, numbered in the order in which the program comes to it, and the same
numbers have to fit on both sides. Keys are taken for independent where `keys` knows that they differ; one that is
an argument, a variable or a constant is compared like any array.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from . import keys as derived
from .keys import STREAM, TOKEN, TURN, is_opaque
from .layout import large
from .normal_form import Equation, NormalForm
from .terms import Table, Term, Value, whole

DRAW = "draw"


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
    given = key if token is None else _aliased(nf.table, key, token)
    return nf.opaque(eqn, (given, *others), DRAW)


def _aliased(table: Table, key: Value, token: int) -> Value:
    """Returns a token in the place of a key; it has no axes of size 1."""
    kept = large(table.terms[key.term].shape)
    return Value(token, tuple(None if axis is None else kept.index(axis) for axis in key.axes), key.shape)


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
    keys = [key for key in drawn if is_opaque(table, key)]
    return Draws(tuple(sorted(set(keys))), len(keys))


def is_in_loop(table: Table, draws: Draws) -> bool:
    """Whether any of the keys is used in a loop that changes it."""
    return any(table.free[key] for key in draws.keys)


def tokens(nf: NormalForm, keys: Sequence[int]) -> dict[int, int]:
    """Returns the number of a token for each key: its place, its shape, and the loops that it is fresh in."""
    doubts = derived.doubtful(nf.table, keys, nf.counts, nf.stalled)
    return {key: _token(nf, key, place, key in doubts) for place, key in enumerate(keys)}


def _token(nf: NormalForm, key: int, place: int, doubtful: bool) -> int:
    """A token is a function of the turns of the loops that its key is fresh in.

    Where it is not known that all that is drawn is independent, the token has no match on another side.
    """
    table, term = nf.table, nf.table.terms[key]
    depths = {symbol: table.terms[symbol].params[0] for symbol in table.free[key]}
    fresh = {depth for symbol, depth in depths.items() if derived.moves(table, key, symbol, nf.stalled)}
    sure = (
        not doubtful and fresh == set(depths.values()) and derived.all_differ(table, whole(key, term.shape))
    )
    turns = [table.make(TURN, (depth,), (), (), "int32") for depth in sorted(fresh)]
    params: tuple[Any, ...] = (place, *(() if sure else (key, id(nf))))
    shape = tuple(term.shape[axis] for axis in large(term.shape))
    return table.number(Term(TOKEN, params, tuple(turns), shape, term.dtype))
