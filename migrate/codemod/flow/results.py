"""What a method gives, of all the places where it returns."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial, reduce

from .choices import merged
from .values import Value


@dataclass(frozen=True)
class Turn:
    """One side of an `if`, whose test is worth this."""

    statement: ast.If
    test: Value
    holds: bool


@dataclass(frozen=True)
class Result:
    """What one `return` gives, and the turns that lead to it."""

    path: tuple[Turn, ...]
    value: Value


def together(results: Sequence[Result], depth: int = 0) -> Value:
    """Returns what holds of all results: a choice where configuration decides between them."""
    turns = [r.path[depth] if len(r.path) > depth else None for r in results]
    ifs = {turn.statement if turn is not None else None for turn in turns}
    first = turns[0] if turns else None
    if len(results) < 2 or first is None or len(ifs) > 1:
        values = [r.value for r in results]
        return reduce(partial(merged, None), values) if values else None
    sides = [[r for r in results if r.path[depth].holds is holds] for holds in (True, False)]
    yes, no = (together(side, depth + 1) for side in sides)
    return merged(first.test, yes, no) if all(sides) else together(results, depth + 1)
