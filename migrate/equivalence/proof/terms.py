"""Terms: every operation of a computation once, whoever computes it, so that equal means identical."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

Shape = tuple[Any, ...]  # of int, or of symbolic dimensions


class Value(NamedTuple):
    """An array of `shape` that shows `term`: axis i runs along the term's axis `axes[i]`, None repeats it.

    Transposes, broadcasts, and axes of size 1 that come and go are all in here and nowhere else; an axis of
    size 1 is always None. Two arrays are the same function of the inputs if their values are equal.
    """

    term: int
    axes: tuple[int | None, ...]
    shape: Shape


class Term(NamedTuple):
    """One operation on values; `params` is whatever else determines the result, compared by value."""

    op: str
    params: Any
    operands: tuple[Value, ...]
    shape: Shape
    dtype: str


# What a loop or a function binds; params[0]: its depth.
SYMBOLS = frozenset({"carry", "element", "parameter", "turn"})
BINDERS = frozenset({"scan", "while", "turns"})  # loops; params[0] is the depth that they bind
# No names of primitives.
RESERVED = SYMBOLS | BINDERS | {"input", "constant", "colour", "draw", "key", "stream"}


class Table:
    """All terms seen, by number. Both sides of a proof share one table: what both compute has one number.

    `free` has the symbols in each term that no loop inside of it binds. A `real` table is one for real arithmetic,
    see `reassociate`.
    """

    def __init__(self, *, real: bool = False) -> None:
        self.real = real
        self.terms: list[Term] = []
        self.free: list[frozenset[int]] = []
        self._numbers: dict[Term, int] = {}

    def number(self, term: Term) -> int:
        """Returns the number of a term, the same one for an equal term."""
        found = self._numbers.setdefault(term, len(self.terms))
        if found == len(self.terms):
            self.terms.append(term)
            self.free.append(self._free(found, term))
        return found

    def _free(self, number: int, term: Term) -> frozenset[int]:
        found = frozenset[int]().union(*(self.free[operand.term] for operand in term.operands))
        if term.op == "carry":  # what it begins with, and how it goes on, may depend on the loops around
            found = frozenset(
                n for n in self.free[term.params[1]] if self.terms[n].params[0] < term.params[0]
            )
        if term.op == "colour" and term.params[1] is not None:
            found |= self.free[term.params[1]]
        if term.op in SYMBOLS:
            return found | {number}
        if term.op in BINDERS:
            return frozenset(n for n in found if self.terms[n].params[0] < term.params[0])
        return found

    def dtype(self, value: Value) -> str:
        """Returns the dtype's name, such as `float32` or `key<fry>`."""
        return self.terms[value.term].dtype

    def make(self, op: str, params: Any, operands: Iterable[Value], shape: Shape, dtype: str) -> Value:
        """Returns the whole array that a term stands for."""
        return whole(self.number(Term(op, params, tuple(operands), shape, dtype)), shape)

    def below(self, roots: Iterable[Value]) -> Iterator[int]:
        """Yields the numbers of the terms that `roots` are made of, each once."""
        seen: set[int] = set()
        left = [root.term for root in roots]
        while left:
            number = left.pop()
            if number not in seen:
                seen.add(number)
                yield number
                left += [operand.term for operand in self.terms[number].operands]


def whole(term: int, shape: Shape) -> Value:
    """Returns the value that shows all of a term."""
    return Value(term, tuple(None if is_one(size) else i for i, size in enumerate(shape)), shape)


def is_one(size: Any) -> bool:
    """Whether a size is 1; a symbolic dimension is taken along as if it were larger, which is exact for 1 too."""
    return isinstance(size, int) and size == 1
