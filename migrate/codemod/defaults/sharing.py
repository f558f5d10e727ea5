"""Whether two modules below one root may have the same default: Linen clones it once for each root, and shares that.

Who makes a module, and who makes that, up to where nobody does: wherever this comes to a class twice, two modules may
be below it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from ..factories.program import heirs
from ..model import LinenClass
from ..project import Project
from .places import Place, Places


class Shares(Exception):  # noqa: N818
    """Two modules may have the default."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def why_shared(cls: LinenClass, field: str, project: Project, places: Places) -> str:
    """Returns why two modules with the default of a field may be below one root; nothing where none are."""
    counts: Counter[str] = Counter({cls.name: 1})
    try:
        _made_at(places.leaving_out(cls, field), cls, counts, frozenset(), project, places)
    except Shares as shares:
        return shares.reason
    return next(
        (f"`{project.classes[n].short}` may have two of them" for n, c in counts.items() if c > 1), ""
    )


def _up(
    cls: LinenClass, counts: Counter[str], below: frozenset[str], project: Project, places: Places
) -> None:  # fmt: skip
    if cls.name in below:
        raise Shares(f"`{cls.short}` may be made inside of itself")
    counts[cls.name] += 1
    _made_at(places.of(cls), cls, counts, below, project, places)


def _made_at(
    found: Sequence[Place], cls: LinenClass, counts: Counter[str], below: frozenset[str], project: Project,
    places: Places,
) -> None:  # fmt: skip
    for place in found:
        if place.many:
            raise Shares(_why(cls, place))
        for owner in _with_heirs(place, project):
            _up(owner, counts, below | {cls.name}, project, places)


def _with_heirs(place: Place, project: Project) -> Iterator[LinenClass]:
    """A class that inherits makes what the other one makes."""
    if place.owner is not None:
        yield from (place.owner, *heirs(place.owner, project))


def _why(cls: LinenClass, place: Place) -> str:
    line = getattr(place.node, "lineno", 0)
    where = f"of `{place.owner.short}`" if place.owner is not None else "outside of the classes"
    return f"`{cls.short}` may be made more than once (line {line}, {where})"
