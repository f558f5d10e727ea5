"""Patterns of einops: `b (h p) c -> b h (p c)`."""

from collections.abc import Mapping
from typing import NamedTuple

from .. import arrays
from ..terms import Term, op
from ..values import SOMEWHERE, Array, Value
from .arguments import Arguments

_DOTS = "..."
Group = tuple[str, ...]
"""The names that share one axis; none of them for an axis of size 1."""


class _Pattern(NamedTuple):
    before: list[Group]
    after: list[Group]


def rearrange(given: Arguments) -> Value:
    return _rearranged(given, 1)


def reduce(given: Arguments) -> Value:
    return _rearranged(given, 1) if given.has(2, "reduction") else None


def repeat(given: Arguments) -> Value:
    return _rearranged(given, 1)


def _rearranged(given: Arguments, position: int) -> Value:
    array, text = given.array(), given.get(position, "pattern")
    pattern = _read(text.value) if isinstance(text, Term) and isinstance(text.value, str) else None
    if array is None or pattern is None or not given.plain:
        return None
    known = {n: v for n, v in given.keywords.items() if n != "pattern" and n != "reduction"}
    sizes = _sizes(pattern.before, array, {n: v if isinstance(v, Term) else None for n, v in known.items()})
    return _result(pattern, sizes, array) if sizes is not None else None


def _read(text: str) -> _Pattern | None:
    before, arrow, after = text.partition("->")
    return _Pattern(_groups(before), _groups(after)) if arrow else None


def _groups(text: str) -> list[Group]:
    found: list[Group] = []
    for outside, _, inside in (part.partition("(") for part in text.split(")")):
        found += [() if name == "1" else (name,) for name in outside.split()]
        if _:
            found.append(tuple(name for name in inside.split() if name != "1"))
    return found


def _sizes(
    groups: list[Group], array: Array, known: Mapping[str, Term | None]
) -> dict[str, Term | None] | None:
    """What each name stands for; None where the pattern has another number of axes than the array."""
    sizes = dict(known)
    dots = groups.index((_DOTS,)) if (_DOTS,) in groups else None
    if dots is None and array.axes not in (None, len(groups)):
        return None
    for place, group in enumerate(groups):
        if place == dots:
            continue
        index = place if dots is not None and place < dots else place - len(groups)
        _share(group, array.at(index), sizes)
    return sizes


def _share(group: Group, size: Term | None, sizes: dict[str, Term | None]) -> None:
    """One name of a group may be what the others leave."""
    unknown = [name for name in group if name not in sizes]
    others = arrays.product([sizes[name] for name in group if name in sizes])
    for name in unknown:
        sizes[name] = None
    if len(unknown) == 1 and size is not None and others is not None:
        sizes[unknown[0]] = op("//", size, others)


def _result(pattern: _Pattern, sizes: Mapping[str, Term | None], array: Array) -> Array | None:
    axes = [arrays.product([sizes.get(name) for name in group]) for group in pattern.after]
    if not any(_DOTS in group for group in pattern.after):
        return Array(None, 0, tuple(axes), len(axes))
    dots = pattern.after.index((_DOTS,)) if (_DOTS,) in pattern.after else None
    if dots is None:
        return None
    behind = axes[dots + 1 :]
    if dots == 0 and pattern.before[0] == (_DOTS,):
        bare = array.dropped(len(pattern.before) - 1)
        return bare.ending(*behind) if bare is not None else None
    return Array(SOMEWHERE).ending(*behind) if behind else None
