"""Which files the PATHs on the command line stand for."""

import os
import stat
from collections.abc import Iterable, Sequence

from ._ignore import Patterns
from ._walk import NOTEBOOK, Found, Source, Walk, no_source, unreadable


def discover(paths: Iterable[str], extra: Sequence[Patterns] = (), without: str | None = None) -> Found:
    """Returns the files `paths` stand for, once, none of `extra` or below the real path `without`."""
    found = Found()
    walk = Walk(found, tuple(extra), without)
    for path in paths:
        _take(Source(_tidy(path), os.path.realpath(path)), found, walk)
    found.sources = _once(found.sources)
    return found


def _take(place: Source, found: Found, walk: Walk) -> None:
    try:
        is_folder = stat.S_ISDIR(os.stat(place.real).st_mode)
    except OSError as error:
        found.failures.append(unreadable(place.shown, error))
        return
    if not is_folder:
        if place.shown.endswith(NOTEBOOK):  # its JSON would pass for Python
            found.failures.append(no_source(place.shown))
        else:
            found.sources.append(place)
        return
    before = len(found.sources)
    walk.through(place)
    if len(found.sources) == before:
        found.empty.append(place.shown)


def _tidy(path: str) -> str:
    # Where a link is followed by "..", leaving out both leads somewhere else.
    return path if os.pardir in path.split(os.sep) else os.path.normpath(path)


def _once(sources: Sequence[Source]) -> list[Source]:
    places: dict[str, Source] = {}
    for source in sources:
        known = places.get(source.real)
        # Of a file and a link to it the file's own name counts: imports resolve by it.
        if known is None or (os.path.islink(known.shown) and not os.path.islink(source.shown)):
            places[source.real] = source
    return list(places.values())
