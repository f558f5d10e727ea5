"""What any supported checkpoint holds, without reading its arrays."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .errors import CheckpointError
from .locate import locate_all
from .paths import existing
from .records import Stored
from .source import opened


@dataclass(frozen=True)
class Inspected:
    """`sizes` are the bytes of each leaf's values, in the order of `leaves`; `texts` the names of what is
    no array, `steps` all there are.
    """

    path: Path
    kind: str
    leaves: tuple[Stored, ...]
    sizes: tuple[int, ...]
    empty: tuple[tuple[str | int, ...], ...]
    texts: tuple[str, ...]
    steps: tuple[int, ...]


def inspect_checkpoint(
    path: str | Path, step: int | None = None, item: str | None = None, separator: str | None = None
) -> Inspected:
    """Returns the leaves of a checkpoint: of several steps the latest, or `step`.

    `separator` splits the names of a safetensors or npz file. Raises CheckpointError.
    """
    place = existing(path)
    found = locate_all(place, item)
    steps = tuple(one.step for one in found if one.step is not None)
    chosen = found[-1] if step is None else next((one for one in found if one.step == step), None)
    if chosen is None:
        raise CheckpointError(
            f"SRC {place} holds no step {step}; its steps: {', '.join(map(str, steps)) or 'none'}"
        )
    with opened(chosen.path, separator) as source:
        sizes = tuple(_size(*source.data(leaf.disk)) for leaf in source.leaves)
        return Inspected(
            chosen.path, source.kind, source.leaves, sizes, tuple(source.empty), source.texts, steps
        )


def _size(shape: tuple[int, ...], dtype: str) -> int:
    return int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
