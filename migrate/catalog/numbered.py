"""Numbers in names of a mapping: `{}` is one, `{+2}` one that is greater by 2 than what it stands for."""

import re
from collections.abc import Sequence
from functools import cache

_PLACE = re.compile(r"\{(?:\+([0-9]+))?\}")


def numbers_in(name: str, pattern: str) -> list[str] | None:
    """Returns what the places of a pattern stand for in a name, None for a name of another pattern."""
    match = _regex(pattern).fullmatch(name)
    if match is None:
        return None
    numbers = [int(n) - added for n, added in zip(match.groups(), _added(pattern), strict=True)]
    return None if any(n < 0 for n in numbers) else [str(n) for n in numbers]


def filled(pattern: str, numbers: Sequence[str]) -> str:
    """Returns the name that has these numbers."""
    left = iter(numbers)
    return _PLACE.sub(lambda place: str(int(next(left)) + int(place[1] or 0)), pattern)


def _added(pattern: str) -> list[int]:
    return [int(place[1] or 0) for place in _PLACE.finditer(pattern)]


@cache
def _regex(pattern: str) -> re.Pattern[str]:
    texts = _PLACE.split(pattern)[::2]
    return re.compile("(0|[1-9][0-9]*)".join(map(re.escape, texts)))
