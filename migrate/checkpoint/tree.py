"""Flat tables of paths to nested dicts and lists, as both Orbax and Linen take them."""

from collections.abc import Iterable
from typing import Any

from .records import DiskPath


def nested(leaves: Iterable[tuple[DiskPath, Any]]) -> Any:
    """Returns dicts for str elements and lists for int ones; the elements of a list have to be 0, 1, 2..."""
    children: dict[str | int, list[tuple[DiskPath, Any]]] = {}
    for path, value in leaves:
        if not path:
            return value
        children.setdefault(path[0], []).append((path[1:], value))
    built = {key: nested(below) for key, below in children.items()}
    if not any(isinstance(key, int) for key in built):
        return built
    return [built[place] for place in range(len(built))]
