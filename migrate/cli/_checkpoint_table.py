"""A conversion for people and as data."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..checkpoint import Conversion
    from ..checkpoint.records import Move

HEADINGS = ("collection", "Linen leaf", "NNX leaf", "shape", "dtype", "what is done")


def table(moves: Sequence[Move]) -> str:
    """Returns one line per leaf, in columns, sorted as on disk."""
    rows = [HEADINGS, *(_row(move) for move in moves)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
    return "\n".join(lines)


def summary(done: Conversion) -> str:
    """Returns what was done in a few lines."""
    return "\n".join(_summary(done))


def as_json(done: Conversion) -> str:
    """Returns the conversion as JSON text; paths are lists, since their elements may hold any character."""
    found = done.evidence
    data = {
        "source": str(done.source),
        "target": str(done.target),
        "layout": str(done.layout),
        "written": done.written,
        "leaves": [_entry(move) for move in done.moves],
        "notes": list(done.notes),
        "equal": None if found is None else found.equal,
        "verification": None if found is None else str(found),
    }
    return json.dumps(data, indent=2, sort_keys=True)


def _summary(done: Conversion) -> Iterator[str]:
    counts = Counter(move.source.leaf.collection for move in done.moves)
    leaves = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    verb = "converted" if done.written else "would convert"
    yield f"{verb} {len(done.moves)} leaves ({leaves}): {done.source} -> {done.target} ({done.layout})"
    yield from (f"note: {note}" for note in done.notes)
    if done.evidence is not None:
        yield str(done.evidence)


def _row(move: Move) -> tuple[str, ...]:
    leaf, shape = move.source.leaf, ",".join(map(str, move.source.leaf.shape))
    return leaf.collection, leaf.name, move.target.leaf.name, f"[{shape}]", leaf.dtype, _what(move)


def _what(move: Move) -> str:
    return ("renamed" if move.renamed else "kept") + (", box opened" if move.source.boxed else "")


def _entry(move: Move) -> dict[str, Any]:
    leaf = move.source.leaf
    return {
        "collection": leaf.collection,
        "linen": list(leaf.path),
        "nnx": list(move.target.leaf.path),
        "shape": list(leaf.shape),
        "dtype": leaf.dtype,
        "done": _what(move),
    }
