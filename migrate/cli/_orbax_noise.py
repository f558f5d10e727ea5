"""Keeps what Orbax says of its own off the screen; the command says the same in one line."""

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


def hush() -> None:
    """Silences Orbax for the rest of the process."""
    logging.getLogger("absl").setLevel(logging.CRITICAL)  # tracebacks of what is raised as well
    if not isinstance(sys.unraisablehook, _NoClosedLoops):
        sys.unraisablehook = _NoClosedLoops(sys.unraisablehook)


@dataclass(frozen=True)
class _NoClosedLoops:
    """Drops one report: when an array cannot be read, reads of others end later and find no loop."""

    report: Callable[[Any], Any]

    def __call__(self, unraisable: Any) -> None:
        if str(unraisable.exc_value) != "Event loop is closed":
            self.report(unraisable)
