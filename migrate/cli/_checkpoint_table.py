"""A conversion for people and as data."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ._checkpoint_tree import amount

if TYPE_CHECKING:
    from ..checkpoint import Conversion
    from ..checkpoint.records import Cut, Move

HEADINGS = ("collection", "Linen leaf", "NNX leaf", "shape", "dtype", "what is done")
BACK = ("collection", "NNX leaf", "Linen leaf", "shape", "dtype", "what is done")


def table(moves: Sequence[Move], reverse: bool = False) -> str:
    """Returns one line per leaf, in columns, sorted as on disk."""
    rows = [BACK if reverse else HEADINGS, *(_row(move) for move in moves)]
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
        "format": done.format,
        "steps": list(done.steps),
        "renamed": done.renamed,
        "decoded": done.decoded,
        "bytes": done.nbytes,
        "equal": None if found is None else found.equal,
        "verification": None if found is None else str(found),
    }
    return json.dumps(data, indent=2, sort_keys=True)


def _summary(done: Conversion) -> Iterator[str]:
    sources = {move.source.stored.disk: move.source.leaf.collection for move in done.moves}
    counts = Counter(sources.values())
    leaves = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    verb = "converted" if done.written else "would convert"
    form = done.layout if done.format == "orbax" else done.format
    yield f"{verb} {len(sources)} leaves ({leaves}): {done.source} -> {done.target} ({form})"
    yield f"{amount(done.nbytes)}: {done.renamed} leaves renamed as they are, {done.decoded} read and written"
    if done.steps:
        yield f"steps: {', '.join(map(str, done.steps))}"
    yield from (f"note: {note}" for note in done.notes)
    if done.evidence is not None:
        yield str(done.evidence)


def _row(move: Move) -> tuple[str, ...]:
    leaf, shape = move.source.leaf, ",".join(map(str, move.source.leaf.shape))
    return leaf.collection, leaf.name, move.target.name, f"[{shape}]", leaf.dtype, _what(move)


def _what(move: Move) -> str:
    cuts = [_cut(name, cut) for name, cut in (("part", move.take), ("put at", move.put)) if cut]
    cast = [f"as {move.target.leaf.dtype}"] if move.target.leaf.dtype != move.source.leaf.dtype else []
    box = ["box opened"] if move.source.boxed else []
    return ", ".join(["renamed" if move.renamed else "kept", *cuts, *cast, *box])


def _cut(name: str, cut: Cut) -> str:
    place = str(cut.start) if cut.stop is None else f"{cut.start}:{cut.stop}"
    return f"{name} {place} of axis {cut.axis}"


def _entry(move: Move) -> dict[str, Any]:
    leaf = move.source.leaf
    return {
        "collection": leaf.collection,
        "linen": list(leaf.path),
        "nnx": [*move.target.root, *move.target.leaf.path],
        "shape": list(leaf.shape),
        "dtype": leaf.dtype,
        "done": _what(move),
    }
