"""The tree of a checkpoint for `--inspect`: names, shapes, dtypes, sizes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..checkpoint import Inspected

UNITS = ("B", "KB", "MB", "GB", "TB")


def tree(found: Inspected) -> str:
    """Returns one line per node, indented, with the size of what is below it."""
    return "\n".join(_lines(found))


def as_json(found: Inspected) -> str:
    """Returns the leaves as JSON text; paths are lists, since their elements may hold any character."""
    leaves = [
        {"path": list(leaf.disk), "shape": list(leaf.shape), "dtype": leaf.dtype, "bytes": size}
        for leaf, size in zip(found.leaves, found.sizes, strict=True)
    ]
    data = {"path": str(found.path), "kind": found.kind, "steps": list(found.steps), "leaves": leaves}
    data["texts"] = list(found.texts)
    return json.dumps(data, indent=2, sort_keys=True)


def amount(size: float) -> str:
    """Returns a size for a reader."""
    for unit in UNITS[:-1]:
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} {UNITS[-1]}"


def _lines(found: Inspected) -> Iterator[str]:
    steps = f", steps {', '.join(map(str, found.steps))}" if found.steps else ""
    total = amount(sum(found.sizes))
    yield f"{found.path}: {found.kind}, {len(found.leaves)} leaves, {total}{steps}"
    sizes: dict[tuple[str | int, ...], int] = {}
    for leaf, size in zip(found.leaves, found.sizes, strict=True):
        for end in range(1, len(leaf.disk)):
            sizes[leaf.disk[:end]] = sizes.get(leaf.disk[:end], 0) + size
    shown: set[tuple[str | int, ...]] = set()
    for leaf, size in zip(found.leaves, found.sizes, strict=True):
        for end in range(1, len(leaf.disk)):
            if leaf.disk[:end] not in shown:
                shown.add(leaf.disk[:end])
                yield f"{'  ' * end}{_element(leaf.disk[end - 1])}/  {amount(sizes[leaf.disk[:end]])}"
        shape = ",".join(map(str, leaf.shape))
        number = ", a Python number" if leaf.scalar else ""
        indent = "  " * len(leaf.disk)
        yield f"{indent}{_element(leaf.disk[-1])}  {leaf.dtype}[{shape}]  {amount(size)}{number}"
    yield from (f"  {name!r}  text, which is not converted" for name in found.texts)


def _element(element: str | int) -> str:
    if isinstance(element, int):
        return f"[{element}]"
    return repr(element) if "/" in element or not element or not element.isprintable() else element
