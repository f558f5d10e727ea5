"""Where in the user's files something happens: the end of the call, which no other call shares."""

import os
import sys
from collections.abc import Collection
from functools import cache, lru_cache
from itertools import islice
from types import CodeType, FrameType

Place = tuple[str, int, int]
"""A real path, and the line and the column (in bytes, as `ast` counts) where a call ends."""

real = lru_cache(maxsize=None)(os.path.realpath)
"""The path behind links."""


def caller(files: Collection[str]) -> Place | None:
    """Returns the innermost call under way that stands in one of `files`."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and real(frame.f_code.co_filename) not in files:
        frame = frame.f_back
    return place(frame) if frame is not None else None


def place(frame: FrameType) -> Place | None:
    """Returns where the call ends that a frame is in."""
    end = _end(frame.f_code, frame.f_lasti)
    return None if end is None else (real(frame.f_code.co_filename), *end)


def creator(module: object) -> FrameType | None:
    """Returns the frame that makes `module`, for a caller that its constructor has called."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and _this(frame) is module:
        frame = frame.f_back
    return frame


def _this(frame: FrameType) -> object:
    names = frame.f_code.co_varnames
    return frame.f_locals.get(names[0]) if names and frame.f_code.co_argcount else None


def is_in(frame: FrameType, files: Collection[str]) -> bool:
    """Tells whether a frame's code stands in one of `files`."""
    return real(frame.f_code.co_filename) in files


@cache
def _end(code: CodeType, instruction: int) -> tuple[int, int] | None:
    positions = next(islice(code.co_positions(), instruction // 2, None), None)
    if positions is None or positions[1] is None or positions[3] is None:
        return None
    return positions[1], positions[3]
