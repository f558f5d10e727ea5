"""What a conversion did, and what a verification says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .records import Layout, Move

if TYPE_CHECKING:
    from flax import nnx


class Evidence(Protocol):
    """What a verification found; its text says more."""

    @property
    def equal(self) -> bool: ...


Verify = Callable[[Mapping[str, Any], "nnx.Module"], Evidence]
"""Compares the source's Linen variables with a model that was restored from the new checkpoint."""


@dataclass(frozen=True)
class Conversion:
    """What was done, or with `dry_run` would be: the moves of each leaf; `notes` are worth a look.

    Of several steps, `moves` are those of the last; `steps` are all of them. `renamed` leaves kept their chunks,
    `decoded` ones were read and written; `nbytes` is the size of all values.
    """

    source: Path
    target: Path
    layout: Layout
    moves: tuple[Move, ...]
    notes: tuple[str, ...] = ()
    evidence: Evidence | None = None
    written: bool = False
    steps: tuple[int, ...] = ()
    renamed: int = 0
    decoded: int = 0
    nbytes: int = 0
    format: str = "orbax"
