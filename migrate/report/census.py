"""How the Linen symbols of a run ended, counted."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from ..catalog.findings import Outcome, Symbol
from ..codemod.api import Result


class Count(NamedTuple):
    """How many symbols of one name ended in which way."""

    migrated: int
    left: int
    refused: int

    @property
    def total(self) -> int:
        return sum(self)


def census(symbols: Iterable[Symbol]) -> dict[str, Count]:
    """Returns the counts by symbol name, sorted by name; each symbol is in exactly one."""
    counts = Counter((symbol.name, symbol.outcome) for symbol in symbols)
    names = sorted({name for name, _ in counts})
    return {name: Count(*(counts[name, outcome] for outcome in Outcome)) for name in names}


def total(counts: Iterable[Count]) -> Count:
    """Returns the sum over all names."""
    counts = list(counts)
    return Count(
        sum(count.migrated for count in counts),
        sum(count.left for count in counts),
        sum(count.refused for count in counts),
    )


def symbols_of(result: Result) -> tuple[Symbol, ...]:
    """Returns every symbol of a run, sorted by place."""
    return tuple(sorted(symbol for file in result.files for symbol in file.symbols))
