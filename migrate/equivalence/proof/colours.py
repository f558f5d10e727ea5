"""Names for what a loop carries that do not depend on the order in which it is carried.

A carry is named by its colour: at first by the value it begins with, then by that and by its update in terms of
the colours so far, until no two carries of one colour are told apart any more (partition refinement, Hopcroft
1971). Carries that keep one colour begin alike and are updated alike, so they are equal at every turn.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .normal_form import NOTHING, NormalForm
from .terms import Table, Term, Value

Body = Callable[[Sequence[Value]], tuple[list[Value], list[Value]]]  # carries -> updates, other results


class Round(NamedTuple):
    """One round: the colour and symbol of each carry that moves, and the body's results in terms of these."""

    colours: dict[int, int]
    symbols: dict[int, Value]
    updates: list[Value]
    others: list[Value]


class Part(NamedTuple):
    """The carries that something depends on: the colours of all, sorted; their begins and updates; results."""

    round: Round
    colours: tuple[int, ...]
    key: tuple[Value, ...]
    others: tuple[Value, ...]

    def colour(self, carry: int) -> int:
        """Returns the colour of a carry in here."""
        return self.round.colours[carry]


@dataclass(frozen=True)
class Colouring:
    """All rounds, of which the last tells apart all that can be told apart."""

    table: Table
    inits: Sequence[Value]
    rounds: tuple[Round, ...]

    @property
    def moving(self) -> Iterable[int]:
        """The carries that have a colour."""
        return self.rounds[-1].colours

    @property
    def others(self) -> list[Value]:
        """The other results of the body."""
        return self.rounds[-1].others

    def symbol(self, carry: int) -> Value:
        """Returns the symbol of a carry."""
        return self.rounds[-1].symbols[carry]

    def update(self, carry: int) -> Value:
        """Returns what a turn makes of a carry."""
        return self.rounds[-1].updates[carry]

    def part(self, carries: set[int], others: Iterable[int]) -> Part:
        """Returns what these carries, and these other results, depend on over any number of turns.

        It is named as in the first round that tells its carries apart, so that the rest of the loop has no say.
        """
        places = tuple(others)
        members = self._reached(carries, [self.others[place] for place in places])
        found = next(r for r in self.rounds if _groups(r, members) == _groups(self.rounds[-1], members))
        by_colour = {found.colours[i]: (self.inits[i], found.updates[i]) for i in members}
        ordered = tuple(sorted(by_colour))
        key = tuple(value for name in ordered for value in by_colour[name])
        return Part(found, ordered, key, tuple(found.others[place] for place in places))

    def _reached(self, carries: set[int], roots: Iterable[Value]) -> set[int]:
        last = self.rounds[-1]
        owners: dict[int, set[int]] = {}
        for i, symbol in last.symbols.items():
            owners.setdefault(symbol.term, set()).add(i)
        found, left = set(carries), [*roots, *(last.updates[i] for i in carries)]
        while left:
            terms = frozenset[int]().union(*(self.table.free[v.term] for v in left if v != NOTHING))
            new = set[int]().union(*(owners.get(term, set()) for term in terms)) - found
            found |= new
            left = [last.updates[i] for i in new]
        return found


def colour(nf: NormalForm, inits: Sequence[Value], moving: Sequence[int], body: Body) -> Colouring:
    """Runs the body until the colours of the carries in `moving` are settled; the others stay as they begin."""
    names = {i: _colour(nf, None, inits[i]) for i in moving}
    rounds: list[Round] = []
    while True:
        symbols = {i: _symbol(nf, name, inits[i]) for i, name in names.items()}
        updates, others = body([symbols.get(i, init) for i, init in enumerate(inits)])
        rounds.append(Round(names, symbols, updates, others))
        if len(set(names.values())) == len(names):
            break  # nothing is left to be told apart
        finer = {i: _colour(nf, names[i], updates[i]) for i in moving}
        if len(set(finer.values())) == len(set(names.values())):
            break
        names = finer
    return Colouring(nf.table, inits, tuple(rounds))


def _colour(nf: NormalForm, coarser: int | None, what: Value) -> int:
    return nf.table.number(Term("colour", (nf.depth, coarser), (what,), what.shape, nf.table.dtype(what)))


def _symbol(nf: NormalForm, name: int, init: Value) -> Value:
    return nf.symbol("carry", name, init.shape, nf.table.dtype(init))


def _groups(found: Round, members: set[int]) -> set[frozenset[int]]:
    groups: dict[int, set[int]] = {}
    for i in members:
        groups.setdefault(found.colours[i], set()).add(i)
    return {frozenset(group) for group in groups.values()}
