"""Numbers in names of a mapping: `{}` is one, `{+2}` one that is greater by 2 than what it stands for.

`{:2}` counts what stands at every second place: 3 is the one at place 6.
"""

import re
from collections.abc import Sequence
from functools import cache

_PLACE = re.compile(r"\{(?:\+([0-9]+)|:([1-9][0-9]*))?\}")


def numbers_in(name: str, pattern: str) -> list[str] | None:
    """Returns what the places of a pattern stand for in a name, None for a name of another pattern."""
    match = _regex(pattern).fullmatch(name)
    if match is None:
        return None
    found = zip(match.groups(), _PLACE.finditer(pattern), strict=True)
    numbers = [int(n) * int(place[2] or 1) - int(place[1] or 0) for n, place in found]
    return None if any(n < 0 for n in numbers) else [str(n) for n in numbers]


def filled(pattern: str, numbers: Sequence[str]) -> str:
    """Returns the name that has these numbers; a place that is not counted has that of the one before it."""
    left = iter(numbers)
    return _PLACE.sub(lambda place: str(int(next(left)) // int(place[2] or 1) + int(place[1] or 0)), pattern)


@cache
def _regex(pattern: str) -> re.Pattern[str]:
    texts = _PLACE.split(pattern)[:: _PLACE.groups + 1]
    return re.compile("(0|[1-9][0-9]*)".join(map(re.escape, texts)))
