"""`migrate-norm.json`: what was converted into what, with a digest for each leaf. Written into the checkpoint."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..catalog.pairing import Leaf
from .records import Cut, DiskPath, Move, Source, Stored, Target

NAME, FORMAT = "migrate-norm.json", 1
CONTENTS, PLACES = "contents", "places"
"""What digests are of: the stored bytes, or the places of shared ones."""


@dataclass(frozen=True)
class Record:
    """One leaf of the checkpoint."""

    path: DiskPath
    shape: tuple[int, ...]
    dtype: str
    digest: str


@dataclass(frozen=True)
class Manifest:
    """`moves` say where each leaf of the source went; `empty` are the source's nodes without data."""

    source: str
    layout: str
    digests: str
    leaves: tuple[Record, ...]
    moves: tuple[Move, ...]
    empty: tuple[DiskPath, ...] = ()

    def dumps(self) -> str:
        leaves = [
            {"path": list(r.path), "shape": list(r.shape), "dtype": r.dtype, "digest": r.digest}
            for r in self.leaves
        ]
        return json.dumps(
            {
                "format": FORMAT,
                "source": self.source,
                "layout": self.layout,
                "digests": self.digests,
                "leaves": leaves,
                "moves": [_move(move) for move in self.moves],
                "empty": [list(path) for path in self.empty],
            }
        )


def loads(text: str | bytes) -> Manifest:
    """Reads a manifest. Raises ValueError that says what is wrong with it."""
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise ValueError(f"{NAME} has format {data['format']!r}, this release reads {FORMAT}")
        if data["digests"] not in (CONTENTS, PLACES):
            raise ValueError(f"{NAME} has digests of {data['digests']!r}")
        return Manifest(
            str(data["source"]),
            str(data["layout"]),
            data["digests"],
            tuple(
                Record(tuple(r["path"]), tuple(r["shape"]), r["dtype"], r["digest"]) for r in data["leaves"]
            ),
            tuple(_read_move(entry) for entry in data["moves"]),
            tuple(tuple(path) for path in data["empty"]),
        )
    except (KeyError, TypeError, AttributeError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError(
            f"{NAME} is no manifest of migrate-norm: {type(error).__name__} at {error}"
        ) from error


def read_manifest(folder: Path) -> Manifest | None:
    """Returns the manifest of a checkpoint, None if there is none. Raises OSError, ValueError."""
    file = folder / NAME
    return loads(file.read_bytes()) if file.is_file() else None


def _move(move: Move) -> dict[str, Any]:
    stored, target = move.source.stored, move.target
    return {
        "from": _leaf(stored.disk, stored.shape, stored.dtype)
        | {"key": stored.key_impl, "scalar": stored.scalar},
        "to": _leaf(target.leaf.path, target.leaf.shape, target.leaf.dtype)
        | {
            "root": list(target.root),
            "inner": list(target.inner),
            "bare": target.bare,
            "scalar": target.scalar,
        },
        "linen": list(move.source.leaf.path),
        "inner": list(move.source.inner),
        "boxed": move.source.boxed,
        "collection": move.source.leaf.collection,
        "take": _cut(move.take),
        "put": _cut(move.put),
    }


def _leaf(path: Sequence[str | int], shape: Sequence[int], dtype: str) -> dict[str, Any]:
    return {"path": list(path), "shape": list(shape), "dtype": dtype}


def _cut(cut: Cut | None) -> list[int | None] | None:
    return None if cut is None else [cut.axis, cut.start, cut.stop]


def _read_move(data: dict[str, Any]) -> Move:
    old, new, collection = data["from"], data["to"], data["collection"]
    stored = Stored(tuple(old["path"]), tuple(old["shape"]), old["dtype"], old["key"], old["scalar"])
    linen = Leaf(tuple(data["linen"]), stored.shape, stored.dtype, collection)
    leaf = Leaf(tuple(new["path"]), tuple(new["shape"]), new["dtype"], collection)
    target = Target(leaf, tuple(new["inner"]), tuple(new["root"]), new["bare"], new["scalar"])
    source = Source(linen, stored, tuple(data["inner"]), data["boxed"])
    return Move(source, target, *(cut and Cut(*cut) for cut in (data["take"], data["put"])))
