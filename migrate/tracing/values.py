"""What expressions of the user's methods give: the shape, with those of the arrays that they are made of."""

from collections.abc import Collection
from types import FrameType
from typing import Any

import jax
import numpy as np

from .describe import is_size
from .places import real
from .watched import Span

_Dims = tuple[int, ...] | None
"""A shape; None for what is no array, or has an axis that is no number."""


class Values:
    """What was seen in one run; `running` are the calls of modules under way, the innermost last."""

    def __init__(self, files: Collection[str]):
        self.files = files
        self.running: list[int] = []
        self._latest: dict[int, dict[Span, _Dims]] = {}
        self._seen: dict[tuple[str, Span, int, _Dims, tuple[_Dims, ...]], tuple[Span, ...]] = {}

    def saw(self, frame: FrameType, span: Span, parts: tuple[Span, ...], value: object) -> None:
        """Writes down a value; of its parts, each was seen in the same frame just before."""
        latest = self._latest.setdefault(id(frame), {})
        latest[span] = dims = _dims(value)
        path = real(frame.f_code.co_filename)
        if parts and self.running and path in self.files:
            of = tuple(latest.get(part) for part in parts)
            self._seen.setdefault((path, span, self.running[-1], dims, of), parts)

    def described(self) -> list[dict[str, Any]]:
        """Returns what is known of the expressions that gave an array at least once."""
        arrays = {(path, span) for path, span, _, dims, _ in self._seen if dims is not None}
        return [
            {
                "file": path,
                "span": span,
                "above": above,
                "dims": dims,
                "parts": [*zip(parts, of, strict=True)],
            }
            for (path, span, above, dims, of), parts in self._seen.items()
            if (path, span) in arrays
        ]


def _dims(value: object) -> _Dims:
    if not isinstance(value, jax.Array | np.ndarray):
        return None
    return tuple(value.shape) if all(map(is_size, value.shape)) else None
