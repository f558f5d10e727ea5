"""Keys: which are known to differ, so that what is drawn from them is independent.

A key derives from another by `split` and `fold_in`. What is derived from one key in two ways is independent only if
the ways are known to differ: with JAX's default generator `split(key)[1]` and `fold_in(key, 1)` are the same key.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from .constants import CONSTANT, number
from .formats import IINFO, holds_all_of, is_integer
from .terms import Table, Term, Value

HIDDEN = "hidden"  # the first parameter of an input that is the key of a Linen stream
TOKEN = "key"
STREAM = "stream"  # what an NNX model holds of its random streams: equal operands, equal streams
TURN = "turn"  # the number of the turn of a loop, for all loops of one depth

# Operations that keys, and what is folded into them, are made by: results differ if those of an operand do.
DERIVES = frozenset({"random_split", "random_fold_in", "random_seed", "element", "slice", "reshape", STREAM})
ROOTS = frozenset({STREAM, TOKEN})
LEAVES = frozenset({CONSTANT, "iota", "input", TURN, *ROOTS})
NUMBERS = frozenset({"add", "convert_element_type", "scan"})  # what counts are made by


class Count(NamedTuple):
    """What a loop counts in a carry: the number it begins with if that is known, the step, and how often."""

    first: Any
    step: int
    turns: int | None


def is_opaque(table: Table, key: int) -> bool:
    """Whether a key comes from a random stream, and by nothing but derivation."""
    terms = [table.terms[n] for n in below(table, [key])]
    known = DERIVES | LEAVES | NUMBERS | {"carry", "colour"}
    return any(_is_root(term) for term in terms) and all(term.op in known for term in terms)


def _is_root(term: Term) -> bool:
    return term.op in ROOTS or (term.op == "input" and term.params[0] == HIDDEN)


def below(table: Table, keys: Iterable[int]) -> Iterator[int]:
    """Yields what keys are derived from, down to their streams; a carry is followed to where it begins."""
    seen: set[int] = set()
    left = list(keys)
    while left:
        found = left.pop()
        if found not in seen:
            seen.add(found)
            yield found
            left += _sources(table, found)


def _sources(table: Table, found: int) -> list[int]:
    term = table.terms[found]
    if term.op in ROOTS:
        return []
    return [begin(table, found).term] if term.op == "carry" else [o.term for o in term.operands]


def begin(table: Table, carry: int) -> Value:
    """Returns the value that a carry begins with: that of its first colour."""
    colour = table.terms[carry]
    while colour.params[1] is not None:
        colour = table.terms[colour.params[1]]
    (found,) = colour.operands
    return found


def all_differ(table: Table, value: Value) -> bool:
    """Whether no two entries of an array of keys or numbers are known to be the same."""
    large = [axis for axis, size in zip(value.axes, value.shape, strict=True) if size != 1]
    if None in large:
        return False
    term = table.terms[value.term]
    if not term.shape or term.op == "iota":
        return True
    if term.op == CONSTANT:
        return bool(term.params[-1] == "distinct")
    if term.op == "random_split":
        return all_differ(table, term.operands[0])
    if term.op == "convert_element_type" and not _keeps(table, term):
        return False
    if term.op in DERIVES or term.op == "convert_element_type":
        return any(all_differ(table, o) and _fills(o, term) for o in term.operands)
    return False


def _fills(operand: Value, term: Term) -> bool:
    """Whether each entry of the result has one of its own in an operand."""
    return term.op in ("element", "slice") or np.prod(operand.shape) == np.prod(term.shape)


def _keeps(table: Table, term: Term) -> bool:
    """Whether a conversion maps different integers to different ones: no bits are lost."""
    source = table.dtype(term.operands[0])
    if not (is_integer(source) and is_integer(term.dtype)):
        return False
    return holds_all_of(term.dtype, source) or bool(IINFO(source).bits == IINFO(term.dtype).bits)


def moves(table: Table, value: int, symbol: int, stalled: set[int]) -> bool:
    """Whether a key or number is known to be another one for each value of the loop's `symbol`."""
    if symbol not in table.free[value]:
        return False
    term = table.terms[value]
    if value == symbol:
        return _is_fresh(table, symbol, stalled)
    if term.op == "carry":  # of an inner loop that begins anew
        return value not in stalled and moves(table, begin(table, value).term, symbol, stalled)
    if term.op == "add":
        return _moved(table, term) is not None and any(
            moves(table, o.term, symbol, stalled) for o in term.operands
        )
    if term.op == "convert_element_type" and not _keeps(table, term):
        return False
    return term.op in (*DERIVES, "convert_element_type") and any(
        moves(table, o.term, symbol, stalled) for o in term.operands
    )


def _is_fresh(table: Table, symbol: int, stalled: set[int]) -> bool:
    term = table.terms[symbol]
    return all_differ(table, term.operands[0]) if term.op == "element" else symbol not in stalled


def progresses(table: Table, symbol: int, update: Value) -> bool:
    """Whether a key or a count that a loop carries is known to be another one at each turn."""
    return update.term != symbol and _derives(table, symbol, update.term)


def _derives(table: Table, symbol: int, value: int) -> bool:
    if value == symbol:
        return True
    if symbol not in table.free[value]:
        return False
    term = table.terms[value]
    if term.op == "add":
        found = _moved(table, term)
        return found is not None and found[0].term == symbol
    return term.op in DERIVES and any(_derives(table, symbol, o.term) for o in term.operands)


def step(table: Table, symbol: int, update: Value) -> int | None:
    """Returns what each turn adds to an integer that a loop carries, if that is a constant."""
    found = _moved(table, table.terms[update.term]) if table.terms[update.term].op == "add" else None
    return found[1] if found and found[0].term == symbol else None


def _moved(table: Table, term: Term) -> tuple[Value, int] | None:
    """Returns what a constant other than zero is added to, and the constant, in a scalar sum of integers."""
    if not is_integer(term.dtype) or term.shape:
        return None
    for one, other in (term.operands, term.operands[::-1]):
        constant = number(table, other)
        if constant is not None and constant != 0 and number(table, one) is None:
            return one, int(constant)
    return None


def doubtful(table: Table, keys: Iterable[int], counts: Mapping[int, Count], stalled: set[int]) -> set[int]:
    """Returns the keys of `keys` of which it is not known that they differ from the others.

    One key may be used in one way: it is drawn from, or split, or scanned over, or sliced into parts that do not
    overlap, or different numbers are folded into it. Whatever derives from a key used otherwise is in doubt.
    """
    drawn = set(keys)
    used: dict[int, set[int]] = {}
    for found in below(table, drawn):
        for source in _sources(table, found):
            if table.terms[source].dtype.startswith("key<"):
                used.setdefault(source, set()).add(found)
    bad = {
        key
        for key, uses in used.items()
        if len(uses) + (key in drawn) > 1 and (key in drawn or not _apart(table, uses, counts, stalled))
    }
    return {key for key in drawn if bad & set(below(table, [key]))}


def _apart(table: Table, uses: set[int], counts: Mapping[int, Count], stalled: set[int]) -> bool:
    pairs = combinations([table.terms[use] for use in sorted(uses)], 2)
    if {table.terms[use].op for use in uses} == {"carry", "scan"} and len(uses) == 2:
        return not uses & stalled  # what a loop begins with, and what it ends with
    return all(_are_disjoint(a, b) or _fold_apart(table, a, b, counts) for a, b in pairs)


def _are_disjoint(a: Term, b: Term) -> bool:
    """Whether two slices of one array have no entry in common."""
    if not (a.op == b.op == "slice" and a.operands == b.operands):
        return False
    parts = zip(a.params, b.params, strict=True)
    return any(p and q and (p[1] <= q[0] or q[1] <= p[0]) for p, q in parts)


def _fold_apart(table: Table, a: Term, b: Term, counts: Mapping[int, Count]) -> bool:
    """Whether different numbers are folded into one key."""
    if not (a.op == b.op == "random_fold_in" and a.operands[0] == b.operands[0]):
        return False
    x, y = (_ranged(table, term.operands[1], counts) for term in (a, b))
    if x is None or y is None:
        return False
    (base, low, high, stride), (other, start, end, _) = x, y
    if base == other and base is not None:
        return 0 < abs(low - start) < stride
    return high is not None and end is not None and (high < start or end < low)


def _ranged(
    table: Table, value: Value, counts: Mapping[int, Count]
) -> tuple[int | None, int, int | None, int] | None:
    """Returns the count that a number is made of, the first and the last number, and the step; None if unknown."""
    term, offset = table.terms[value.term], 0
    while term.op == "convert_element_type" and _keeps(table, term) and not term.shape:
        value = term.operands[0]
        term = table.terms[value.term]
    known = number(table, value)
    if known is not None:
        return None, int(known), int(known), 0
    if term.op == "add" and (found := _moved(table, term)):
        value, offset = found
    count = counts.get(value.term)
    if count is None:
        return None
    if count.first is None or count.turns is None:
        return value.term, offset, None, count.step
    first = int(count.first) + offset
    last = first + count.step * (count.turns - 1)
    return value.term, first, last if last < 2**31 else None, count.step
